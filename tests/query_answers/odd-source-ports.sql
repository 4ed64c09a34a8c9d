SELECT srcport, transport, count(*), count(*) FILTER (action = 'REJECT'), count(DISTINCT srcaddr), count(DISTINCT server_port)
FROM records WHERE last >= $since AND last < $until AND srcport BETWEEN 1 AND 1023 AND dstport = server_port
  AND (action = 'REJECT' OR (protocol = 6 AND "tcp-flags" & 2 > 0))
  AND NOT (protocol = 17 AND srcport IN (67, 68, 123, 137, 138, 500, 514, 520))
GROUP BY ALL ORDER BY 3 DESC LIMIT $limit
