"""Mirrored conversations made by scapy: the same addresses and ports in several networks, told apart by VNI only."""

from collections.abc import Iterator, Sequence

from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

CLIENT, SERVER, RESOLVER = "10.0.0.5", "10.0.0.9", "10.0.0.2"
MACS = {CLIENT: "02:00:00:00:00:05", SERVER: "02:00:00:00:00:09", RESOLVER: "02:00:00:00:00:02"}


def conversations(path: str, name: str) -> Iterator[Packet]:
    """A DNS question and a request over HTTP that a shipped rule alerts on, with its answer."""
    question = DNSQR(qname=name)
    yield _between(CLIENT, RESOLVER) / UDP(sport=5353, dport=53) / DNS(id=7, qd=question)
    answer = DNS(id=7, qr=1, ra=1, qd=question, an=DNSRR(rrname=name, rdata=SERVER))
    yield _between(RESOLVER, CLIENT) / UDP(sport=53, dport=5353) / answer
    request = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: flowtap-test\r\n\r\n".encode()
    body = f"I am {name}\n".encode()
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    yield from _tcp(request, reply)


def _tcp(request: bytes, reply: bytes) -> Iterator[Packet]:
    said = {CLIENT: 1000, SERVER: 9000}
    ports = {CLIENT: 40000, SERVER: 80}
    steps = [
        (CLIENT, "S", b""), (SERVER, "SA", b""), (CLIENT, "A", b""), (CLIENT, "PA", request), (SERVER, "A", b""),
        (SERVER, "PA", reply), (CLIENT, "A", b""), (CLIENT, "FA", b""), (SERVER, "FA", b""), (CLIENT, "A", b""),
    ]  # fmt: skip
    for source, flags, payload in steps:
        other = SERVER if source == CLIENT else CLIENT
        head = TCP(sport=ports[source], dport=ports[other], seq=said[source], ack=said[other] * ("A" in flags))
        head.flags = flags
        yield _between(source, other) / head / (Raw(payload) if payload else b"")
        said[source] += len(payload) + ("S" in flags) + ("F" in flags)


def _between(source: str, destination: str) -> Packet:
    return Ether(src=MACS[source], dst=MACS[destination]) / IP(src=source, dst=destination)


def write_mirrored(path: str, vnis: Sequence[int], start: float) -> None:
    """A pcap of what a mirror target receives: the sessions' packets in turn, a millisecond apart."""
    outer = Ether(src="02:00:00:00:01:01", dst="02:00:00:00:01:02") / IP(src="10.9.0.1", dst="10.9.0.2")
    rows = zip(*(list(conversations(f"/of/{vni}", f"vni-{vni}.example")) for vni in vnis), strict=True)
    packets = []
    for row in rows:
        for vni, inner in zip(vnis, row, strict=True):
            packet = outer / UDP(sport=49152, dport=4789, chksum=0) / VXLAN(vni=vni, flags=8) / inner
            packet.time = start + len(packets) / 1000
            packets.append(packet)
    wrpcap(path, packets)
