"""Who began a conversation: told from TCP flags, else from ports; panels group by the server's port."""

from typing import Final

# RFC 9293 section 3.1.
SYN, ACK = 2, 16

# Services above 1023 that flow logs are full of (IANA service names registry, vendors' documentation).
# fmt: off
SERVICE_PORTS: Final = frozenset({
    1433, 1521, 1883,              # SQL Server, Oracle, MQTT
    2049, 2181, 2375, 2376, 2379,  # NFS, ZooKeeper, Docker, etcd
    3128, 3260, 3268, 3269, 3306, 3389, 3478,   # Squid, iSCSI, global catalog, MySQL, RDP, STUN
    4317, 4318, 4500, 4789,        # OTLP, IPsec through NAT, VXLAN
    5044, 5060, 5061, 5222, 5353, 5355, 5432, 5439, 5601, 5671, 5672, 5900, 5985, 5986,
    # Beats, SIP, XMPP, mDNS, LLMNR, PostgreSQL, Redshift, Dashboards, AMQP, VNC, WinRM
    6081, 6379, 6443, 6514,        # GENEVE, Redis, Kubernetes, syslog over TLS
    8080, 8086, 8200, 8443, 8500, 8883, 8888,   # HTTP, InfluxDB, Vault, HTTPS, Consul, MQTT over TLS, HTTP
    9042, 9090, 9092, 9094, 9096, 9098, 9100, 9200, 9300, 9418,
    # Cassandra, Prometheus, Kafka, node exporter, OpenSearch, git
    10250, 11211, 15672, 27017, 51820,  # kubelet, memcached, RabbitMQ, MongoDB, WireGuard
})
# fmt: on


def initiator(flags: int, pair: tuple[int, int] | None, acks_are_logged: bool) -> tuple[str, bool]:
    """How client and server are told apart, and whether the source is the client.

    SYN alone comes from the client, SYN with ACK from the server; where single ACKs are logged too (transit gateways)
    the two together say nothing. Else the side with a service's port is the server, else the side with the lower one.
    """
    if flags & SYN and not (flags & ACK and acks_are_logged):
        return "syn", not flags & ACK
    if pair is None or pair[0] == pair[1]:
        return "unknown", True
    source_serves, destination_serves = _serves(pair[0]), _serves(pair[1])
    if source_serves != destination_serves:
        return "port", destination_serves
    return "port", pair[1] < pair[0]


def _serves(port: int) -> bool:
    return 0 < port < 1024 or port in SERVICE_PORTS
