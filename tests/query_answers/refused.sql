SELECT utc(first), utc(last), an_end(srcaddr, srcport, protocol), an_end(dstaddr, dstport, protocol), transport,
       'reject', packets, bytes, "interface-id", NULL
FROM records WHERE last >= $since AND last < $until AND action = 'REJECT' ORDER BY first DESC LIMIT $limit
