WITH wanted AS (
  SELECT * FROM alerts AS a WHERE told >= $since AND told < $until ORDER BY told DESC LIMIT $limit
)
SELECT utc(told), signature, wanted.client, an_end(wanted.server, wanted.server_port, 6), NULL,  -- no packet of this world is mirrored
       "interface-id",
       CASE WHEN srcaddr IS NULL THEN NULL WHEN srcaddr = wanted.client THEN 'client' ELSE 'server' END,
       lower(action), count(srcaddr), coalesce(sum(packets), 0), coalesce(sum(bytes), 0)
FROM wanted LEFT JOIN joined USING (alert) GROUP BY ALL
