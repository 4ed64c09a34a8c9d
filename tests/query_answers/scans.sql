WITH clients AS (
  SELECT client, count(DISTINCT server_port) AS ports, count(DISTINCT server) AS hosts, count(*), utc(min(first)), utc(max(last))
  FROM records WHERE last >= $since AND last < $until AND action = 'REJECT' GROUP BY client
)
FROM clients WHERE greatest(ports, hosts) >= 10 ORDER BY greatest(ports, hosts) DESC, least(ports, hosts) DESC LIMIT $limit
