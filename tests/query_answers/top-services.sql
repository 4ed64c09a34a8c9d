WITH pairs AS (
  SELECT srcaddr, dstaddr, server_port, "interface-id" AS seen_at, sum(bytes) AS b, sum(packets) AS p
  FROM records WHERE last >= $since AND last < $until AND action = 'ACCEPT' GROUP BY ALL
), once AS (SELECT DISTINCT ON (srcaddr, dstaddr, server_port) * FROM pairs ORDER BY b DESC, p DESC, seen_at)
SELECT srcaddr, server_port, sum(b), sum(p) FROM once WHERE server_port IS NOT NULL GROUP BY ALL ORDER BY 3 DESC LIMIT $limit
