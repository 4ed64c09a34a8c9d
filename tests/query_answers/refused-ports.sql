SELECT server_port, transport, count(*), count(DISTINCT client), count(DISTINCT server)
FROM records WHERE last >= $since AND last < $until AND action = 'REJECT' AND server_port IS NOT NULL
GROUP BY ALL ORDER BY 3 DESC LIMIT $limit
