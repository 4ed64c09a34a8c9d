SELECT srcaddr, count(DISTINCT dstaddr), count(*), count(*) FILTER (action = 'REJECT'), sum(packets), sum(bytes)
FROM records WHERE last >= $since AND last < $until AND protocol IN (1, 58) AND inside(srcaddr) AND NOT inside(dstaddr)
GROUP BY srcaddr ORDER BY 5 DESC LIMIT $limit
