-- Raw records and events, and what follows from them. $log and $eve: paths.
SET TimeZone = 'UTC';
CREATE MACRO utc(moment) AS strftime(moment, '%Y-%m-%d %H:%M:%S');
CREATE MACRO inside(address) AS address LIKE '10.%';
CREATE MACRO an_end(address, port, protocol) AS CASE
  WHEN protocol NOT IN (6, 17) THEN address
  WHEN contains(address, ':') THEN '[' || address || ']:' || port
  ELSE address || ':' || port END;
CREATE MACRO serves(port) AS port BETWEEN 1 AND 1023 OR port IN (1433, 3306, 3389, 5432, 8080);
CREATE TABLE raw AS FROM read_csv($log, delim = ' ', header = true, nullstr = '-');
CREATE TABLE records AS
  WITH told AS (
    SELECT *, make_timestamp(start * 1000000) AS first, make_timestamp("end" * 1000000) AS last, protocol IN (6, 17) AS ports,
      CASE protocol WHEN 6 THEN 'tcp' WHEN 17 THEN 'udp' WHEN 1 THEN 'icmp' WHEN 58 THEN 'ipv6-icmp' END AS transport,
      CASE WHEN protocol = 6 AND "tcp-flags" & 2 > 0 THEN "tcp-flags" & 16 = 0
           WHEN NOT ports OR srcport = dstport THEN true
           WHEN serves(srcport) <> serves(dstport) THEN serves(dstport)
           ELSE dstport < srcport END AS asks
    FROM raw)
  SELECT *, CASE WHEN asks THEN srcaddr ELSE dstaddr END AS client, CASE WHEN asks THEN dstaddr ELSE srcaddr END AS server,
    CASE WHEN ports THEN CASE WHEN asks THEN srcport ELSE dstport END END AS client_port,
    CASE WHEN ports THEN CASE WHEN asks THEN dstport ELSE srcport END END AS server_port
  FROM told;
CREATE TABLE events AS FROM read_json($eve, format = 'newline_delimited', columns = {
  event_type: 'VARCHAR', timestamp: 'VARCHAR', flow_id: 'BIGINT', src_ip: 'VARCHAR', src_port: 'INT', dest_ip: 'VARCHAR', dest_port: 'INT',
  alert: 'STRUCT(signature_id INT, signature VARCHAR, severity INT)', flow: 'STRUCT("start" VARCHAR, "end" VARCHAR, src_ip VARCHAR, src_port INT)'});
CREATE MACRO moment(text) AS strptime(text[:19], '%Y-%m-%dT%H:%M:%S');
CREATE TABLE alerts AS
  WITH told AS (  -- the client is whom Suricata names, else told from the ports
    SELECT *, CASE WHEN flow.src_ip IS NOT NULL THEN flow.src_ip = src_ip AND flow.src_port = src_port
                   WHEN src_port = dest_port THEN true
                   WHEN serves(src_port) <> serves(dest_port) THEN serves(dest_port)
                   ELSE dest_port < src_port END AS asks
    FROM events WHERE event_type = 'alert')
  SELECT row_number() OVER () AS alert, moment(a.timestamp) AS told, a.alert.signature_id AS sid, a.alert.signature AS signature,
    91 - 20 * (a.alert.severity - 1) AS severity,
    CASE WHEN asks THEN a.src_ip ELSE a.dest_ip END AS client, CASE WHEN asks THEN a.src_port ELSE a.dest_port END AS client_port,
    CASE WHEN asks THEN a.dest_ip ELSE a.src_ip END AS server, CASE WHEN asks THEN a.dest_port ELSE a.src_port END AS server_port,
    moment(a.flow.start) AS began, coalesce(moment(f.flow.end), moment(a.timestamp)) AS ended
  FROM told AS a LEFT JOIN events AS f ON f.flow_id = a.flow_id AND f.event_type = 'flow';
CREATE TABLE joined AS
  SELECT alert, r.* FROM alerts AS a JOIN records AS r ON r.protocol = 6 AND first <= ended AND last >= began AND (
    (srcaddr = a.client AND srcport = a.client_port AND dstaddr = a.server AND dstport = a.server_port)
    OR (dstaddr = a.client AND dstport = a.client_port AND srcaddr = a.server AND srcport = a.server_port));
