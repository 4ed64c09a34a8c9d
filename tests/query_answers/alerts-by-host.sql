WITH sides AS (
  SELECT client AS host, 1 AS c, 0 AS s, severity, told FROM alerts UNION ALL SELECT server, 0, 1, severity, told FROM alerts
)
SELECT host, count(*), sum(c), sum(s), max(severity), utc(max(told))
FROM sides WHERE told >= $since AND told < $until GROUP BY host ORDER BY 2 DESC LIMIT $limit
