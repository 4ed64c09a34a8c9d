"""The numbers a store must answer once the day is loaded, counted while the day is told. Pure.

Two ways of counting, kept apart: *records* as the flow logs hold them (the same traffic at each interface, in each
direction, in each minute), and *once*: each conversation one time, by its real ends, whoever recorded it. The NAT
gateway's outer leg (its own address to the outside) repeats a conversation and is not counted again.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from demo import network as cast
from demo.flow import ICMP, ICMPV6, TCP, UDP, Flow, Verdict
from demo.records import Record
from demo.sample import SCENE as LOGIN
from demo.sample import SID
from demo.stage import Period

TOP = 10

Story = dict[str, Any]
Key = TypeVar("Key", int, str, tuple[str, str])


class Truth:
    """Counts flows and records, then tells."""

    def __init__(self) -> None:
        self._by: dict[str, Counter[str]] = {
            name: Counter() for name in ("log_status", "action", "flow_log", "interface", "type", "direction")
        }
        self._refused_ports: Counter[int] = Counter()
        self._refused_sources: Counter[str] = Counter()
        self._icmp = self._translated = self._recorded_bytes = 0
        self._ids: set[tuple[tuple[str, int], tuple[str, int], int]] = set()
        self._talk: Counter[tuple[str, str]] = Counter()
        self._sent: Counter[str] = Counter()
        self._connections = 0
        self._scan: list[Flow] = []
        self._theft: list[Flow] = []
        self.login: Flow | None = None
        """The connection whose packets were mirrored."""

    def add_flow(self, flow: Flow) -> None:
        """Count a conversation once."""
        client, server = flow.ends.client, flow.ends.server
        self._talk[client, server] += flow.request.bytes + flow.response.bytes
        self._sent[client] += flow.request.bytes
        self._sent[server] += flow.response.bytes
        self._connections += flow.ends.protocol in {TCP, UDP}
        if flow.scene == "port_scan":
            self._scan.append(flow)
        elif flow.scene == "exfiltration":
            self._theft.append(flow)
        elif flow.scene == LOGIN:
            self.login = flow

    def add_record(self, record: Record, flow_log_id: str) -> None:
        """Count a record as a flow log holds it."""
        by = self._by
        by["log_status"][record.log_status] += 1
        by["flow_log"][flow_log_id] += 1
        by["interface"][record.interface_id] += 1
        if record.log_status != "OK":
            return
        by["action"][record.action] += 1
        if flow_log_id == cast.SHOP.flow_log_id:  # the default format says neither
            by["type"][record.type] += 1
            by["direction"][record.flow_direction] += 1
        self._recorded_bytes += int(record.bytes)
        self._icmp += record.protocol in {ICMP, ICMPV6}
        self._translated += record.srcaddr != record.pkt_srcaddr or record.dstaddr != record.pkt_dstaddr
        if record.protocol in {TCP, UDP}:
            self._ids.add(_both_ways(record, record.srcaddr, record.dstaddr))
            if flow_log_id == cast.SHOP.flow_log_id:
                self._ids.add(_both_ways(record, record.pkt_srcaddr, record.pkt_dstaddr))
        if record.action == "REJECT":
            self._refused_ports[int(record.dstport)] += 1
            self._refused_sources[record.srcaddr] += 1

    def story(self, period: Period) -> Story:
        """The truth, ready for JSON."""
        return {
            "begin": _iso(period.begin),
            "end": _iso(period.end),
            "analytics_flow_log_from": _iso(period.analytics_logged_from),
            "account": cast.ACCOUNT,
            "region": cast.REGION,
            "records": {
                "total": self._by["log_status"].total(),
                **{f"by_{name}": dict(sorted(counts.items())) for name, counts in self._by.items()},
                "icmp": self._icmp,
                "address_translated": self._translated,
                "community_ids": len(self._ids),
                "bytes": self._recorded_bytes,
            },
            "once": {
                "connections": self._connections,
                "bytes": self._talk.total(),
                "top_talkers": [
                    {"client": client, "server": server, "bytes": size}
                    for (client, server), size in _top(self._talk)
                ],
                "top_senders": [{"address": address, "bytes": size} for address, size in _top(self._sent)],
            },
            "refused": {
                "records": self._refused_ports.total(),
                "distinct_sources": len(self._refused_sources),
                "top_server_ports": [{"port": port, "records": n} for port, n in _top(self._refused_ports)],
                "top_sources": [{"address": address, "records": n} for address, n in _top(self._refused_sources)],
            },
            "scan": _scan(self._scan),
            "exfiltration": _exfiltration(self._theft),
            "login": _login(self.login) if self.login else None,
            "hosts": {interface.name: interface.address for interface in cast.INTERFACES},
        }  # fmt: skip


def _both_ways(record: Record, source: str, destination: str) -> tuple[tuple[str, int], tuple[str, int], int]:
    """What a community id is made of: the same for both directions."""
    one, other = sorted(((source, int(record.srcport)), (destination, int(record.dstport))))
    return one, other, int(record.protocol)


def _scan(flows: Iterable[Flow]) -> Story:
    flows = list(flows)
    ports = {verdict: sorted(flow.ends.server_port for flow in flows if flow.verdict is verdict) for verdict in Verdict}
    return {
        "source": cast.SCANNER,
        "target": cast.LEGACY.address,
        "interface_id": cast.LEGACY.eni,
        "distinct_ports": len({flow.ends.server_port for flow in flows}),
        "refused_ports": len(ports[Verdict.REFUSED]),
        "answering_ports": ports[Verdict.ANSWERED],
        "closed_ports": ports[Verdict.CLOSED],
        **_when(flows),
    }


def _exfiltration(flows: Iterable[Flow]) -> Story:
    flows = list(flows)
    return {
        "source": cast.LEGACY.address,
        "destination": cast.DROP,
        "interface_id": cast.LEGACY.eni,
        "server_port": 443,
        "connections": len(flows),
        "bytes_out": sum(flow.request.bytes for flow in flows),
        "bytes_back": sum(flow.response.bytes for flow in flows),
        **_when(flows),
    }


def _login(flow: Flow) -> Story:
    return {
        "client": flow.ends.client,
        "client_port": flow.client_port,
        "server": flow.ends.server,
        "server_port": flow.ends.server_port,
        "interface_id": cast.BY_ADDRESS[flow.ends.server].eni,
        "sid": SID,
        "from_client": flow.request._asdict(),
        "from_server": flow.response._asdict(),
        **_when([flow]),
    }


def _when(flows: Iterable[Flow]) -> Story:
    spans = [flow.span for flow in flows]
    return {"begin": _iso(min(span.start for span in spans)), "end": _iso(max(span.last for span in spans))}


def _top(counts: Counter[Key]) -> list[tuple[Key, int]]:
    """The largest first; equals by key, as OpenSearch orders buckets."""
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
