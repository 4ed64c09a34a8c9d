WITH pairs AS (
  SELECT srcaddr, dstaddr, "interface-id" AS seen_at, sum(bytes) AS b, sum(packets) AS p
  FROM records WHERE last >= $since AND last < $until AND action = 'ACCEPT' GROUP BY ALL
), once AS (SELECT DISTINCT ON (srcaddr, dstaddr) * FROM pairs ORDER BY b DESC, p DESC, seen_at)
SELECT srcaddr, dstaddr, b, p, seen_at FROM once ORDER BY b DESC LIMIT $limit
