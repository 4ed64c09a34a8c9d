SELECT client, server, server_port, transport, count(DISTINCT (client_port, server_port)), count(*),
       count(*) FILTER (action = 'REJECT'), CASE WHEN bool_or(protocol = 6 AND "tcp-flags" & 2 > 0) THEN 'a SYN' ELSE 'ports' END
FROM records WHERE last >= $since AND last < $until AND server_port IS NOT NULL
GROUP BY ALL ORDER BY 6 DESC LIMIT $limit
