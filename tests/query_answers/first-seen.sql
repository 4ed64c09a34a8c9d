WITH outside AS (SELECT * FROM records WHERE srcaddr IS NOT NULL AND NOT inside(srcaddr)),
     known AS (SELECT DISTINCT srcaddr FROM outside WHERE last < $since)
SELECT utc(min(last)), srcaddr, count(DISTINCT dstaddr), count(*) FILTER (action = 'ACCEPT'), count(*) FILTER (action = 'REJECT'), sum(bytes)
FROM outside WHERE last >= $since AND last < $until AND srcaddr NOT IN (FROM known)
GROUP BY srcaddr ORDER BY min(last) DESC LIMIT $limit
