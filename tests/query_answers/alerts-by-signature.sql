SELECT sid::VARCHAR, any_value(signature), max(severity), count(*), count(DISTINCT client), count(DISTINCT server), utc(max(told))
FROM alerts WHERE told >= $since AND told < $until GROUP BY sid ORDER BY 4 DESC LIMIT $limit
