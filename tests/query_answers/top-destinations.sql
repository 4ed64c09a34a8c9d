WITH pairs AS (
  SELECT srcaddr, dstaddr,  "interface-id" AS seen_at, sum(bytes) AS b, sum(packets) AS p
  FROM records WHERE last >= $since AND last < $until AND action = 'ACCEPT' GROUP BY ALL
), once AS (SELECT DISTINCT ON (srcaddr, dstaddr) * FROM pairs ORDER BY b DESC, p DESC, seen_at)
SELECT dstaddr, sum(b), sum(p) FROM once GROUP BY ALL ORDER BY 2 DESC LIMIT $limit
