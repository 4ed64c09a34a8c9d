SELECT strftime(time_bucket(INTERVAL 1 HOUR, last), '%Y-%m-%d %H:%M'), count(*) FILTER (action = 'ACCEPT'), count(*) FILTER (action = 'REJECT')
FROM records WHERE last >= $since AND last < $until AND action IS NOT NULL
GROUP BY 1 ORDER BY 1
