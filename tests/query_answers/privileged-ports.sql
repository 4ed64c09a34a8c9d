SELECT server_port, transport, count(*) FILTER (action = 'REJECT'), count(*) FILTER (action = 'ACCEPT'), count(DISTINCT client)
FROM records WHERE last >= $since AND last < $until AND server_port BETWEEN 1 AND 1024
GROUP BY ALL ORDER BY 3 DESC, 4 DESC LIMIT $limit
