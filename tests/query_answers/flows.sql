SELECT utc(first), utc(last), an_end(srcaddr, srcport, protocol), an_end(dstaddr, dstport, protocol), transport,
       coalesce(lower(action), "log-status"), packets, bytes, "interface-id", NULL
FROM records WHERE last >= $since AND last < $until ORDER BY last DESC LIMIT $limit
