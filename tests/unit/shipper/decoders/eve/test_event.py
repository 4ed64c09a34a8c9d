from typing import Any

import orjson
import pytest

from eve_samples import malformed, only
from flow_log_samples import ARRIVED, leaves
from shipper.decoders.eve.sessions import MirrorSessions


@pytest.mark.parametrize(
    ("text", "shown", "microseconds"),
    [
        ("2026-03-04T05:06:07.891234+0000", "2026-03-04T05:06:07.891Z", 891234),
        ("2026-03-04T01:06:07.891234-0400", "2026-03-04T05:06:07.891Z", 891234),
        ("2026-03-04T05:06:07.891234Z", "2026-03-04T05:06:07.891Z", 891234),
        ("2026-03-04T05:06:07.891234", "2026-03-04T05:06:07.891Z", 891234),
        ("2026-03-04T10:36:07.891234+05:30", "2026-03-04T05:06:07.891Z", 891234),
        ("2026-03-04T05:06:07+0000", "2026-03-04T05:06:07.000Z", 0),
        ("2026-03-04T05:06:07.5Z", "2026-03-04T05:06:07.500Z", 500000),
    ],
)
def test_e3_times_of_any_spelling_are_utc(text: str, shown: str, microseconds: int) -> None:
    document = only("dns", timestamp=text)
    assert (document["@timestamp"], document["event.sequence"]) == (shown, microseconds)
    assert document.index.endswith("-2026.03")


@pytest.mark.parametrize("text", ["yesterday", "", "1970-01-01T00:00:00.000000+0000", "2026-02-30T00:00:00Z", 7, None])
def test_an_event_without_a_usable_time_is_undated(text: Any) -> None:
    document = only("dns", timestamp=text)
    assert document.index == "flowtap-suricata.dns-undated"
    assert document["flowtap.time_suspect"] is True
    assert document["@timestamp"] == f"{ARRIVED:%Y-%m-%dT%H:%M:%SZ}"
    assert ("@timestamp" in malformed(document)) == (text is not None)


@pytest.mark.parametrize("event_type", ["flow", "netflow"])
def test_a_flows_time_is_its_end(event_type: str) -> None:
    times = {"start": "2026-02-28T23:59:00.000001+0000", "end": "2026-02-28T23:59:59.000002+0000"}
    document = only(event_type, **{event_type: {**times, "age": 59}})
    assert document["@timestamp"] == document["event.end"] == "2026-02-28T23:59:59.000Z"
    assert document["event.sequence"] == 2
    assert document["event.duration"] == 59_000_001_000
    assert document["suricata.eve.timestamp"] == "2026-03-04T05:06:07.891Z"
    assert document.index.endswith("-2026.02")


def test_a_flow_without_an_end_has_the_events_time() -> None:
    assert only(flow={"age": 1})["@timestamp"] == "2026-03-04T05:06:07.891Z"
    assert only(flow={"end": "soon"})["@timestamp"] == "2026-03-04T05:06:07.891Z"


def sides(document: Any) -> tuple[str, str, int, str]:
    return document["client.ip"], document["server.ip"], document["server.port"], document["flowtap.initiator"]


FORWARD = ("10.0.0.5", "192.0.2.9", 443, "suricata")


def test_the_source_of_a_flow_is_the_client() -> None:
    assert sides(only()) == FORWARD


@pytest.mark.parametrize("kind", ["query", "answer", "request"])
def test_e1_dns_of_versions_1_and_2_and_questions_of_3_come_from_the_client(kind: str) -> None:
    assert sides(only("dns", dns={"type": kind})) == FORWARD


def test_e1_a_response_of_dns_version_3_comes_from_the_server() -> None:
    document = only("dns", dns={"version": 3, "type": "response"}, src_port=53, dest_port=5555)
    assert sides(document) == ("192.0.2.9", "10.0.0.5", 53, "suricata")


def test_the_direction_of_an_alert_says_who_began() -> None:
    turned = {"src_ip": "192.0.2.9", "src_port": 443, "dest_ip": "10.0.0.5", "dest_port": 40000}
    assert sides(only("alert", **turned, direction="to_client")) == FORWARD
    flow = {"src_ip": "10.0.0.5", "src_port": 40000, "dest_ip": "192.0.2.9", "dest_port": 443}
    assert sides(only("alert", **turned, flow=flow)) == FORWARD


def test_else_ports_say_who_began() -> None:
    assert sides(only("fileinfo")) == (*FORWARD[:3], "port")
    assert sides(only("fileinfo", src_port=443, dest_port=40000))[:2] == ("192.0.2.9", "10.0.0.5")


@pytest.mark.parametrize("address", ["", "null", "10.0.0.256", "fe80::1%eth0", 7, ["10.0.0.1"]])
def test_e4_what_is_no_address_moves_aside(address: Any) -> None:
    document = only(src_ip=address)
    assert "source.ip" not in document
    assert "source.ip" in malformed(document)
    assert document["destination.ip"] == "192.0.2.9"
    assert "client" not in document.document


@pytest.mark.parametrize("nothing", [{}, [], "", None])
@pytest.mark.parametrize("path", [("tls", "subject"), ("tls", "ja3"), ("tls", "notbefore"), ("alert", "metadata")])
def test_e4_nothing_where_a_date_or_an_object_is_expected(path: tuple[str, str], nothing: Any) -> None:
    outer, key = path
    document = only(outer, **{outer: {key: nothing, "version": "TLS 1.2"}})
    assert document["source.ip"] == "10.0.0.5"
    assert {type(value) for value in malformed(document).values()} <= {str}


OF_PACKETS = ("src_ip", "src_port", "dest_ip", "dest_port", "proto", "community_id", "flow_id", "in_iface")


def test_e2_counters_of_stats_are_an_index_of_their_own_with_typed_leaves() -> None:
    many = {f"counter_{number}": number for number in range(900)}
    stats = {
        "uptime": 7,
        "capture": {"kernel_packets": 5, "kernel_drops": 1},
        "decoder": {"event": {"ipv4": many}},
        "own": many,
    }
    document = only("stats", stats=stats, **dict.fromkeys(OF_PACKETS))
    assert document.index == "flowtap-suricata.stats-2026.03"
    assert document["suricata.eve.stats.capture.kernel_drops"] == 1
    assert orjson.loads(document["suricata.eve.stats.decoder.event"]) == {"ipv4": many}
    assert orjson.loads(document["suricata.eve.unknown"]) == {"stats.own": many}
    assert malformed(document) == {}
    assert len(list(leaves(document.document))) < 40


def test_e5_a_key_whose_type_changes_never_changes_its_leaf() -> None:
    given = [200, "200", True, {"code": 200}, [200, "x", {"a": 1}], 1.5, None]
    found = [only("http", http={"status": value, "url": "/x"}) for value in given]
    for document in found:
        assert document["url.original"] == "/x"
        if "http.response.status_code" in document:
            kept = document["http.response.status_code"]
            assert {type(each) for each in (kept if isinstance(kept, list) else [kept])} <= {int}
    assert [bool(malformed(document)) for document in found] == [False, False, True, True, True, True, False]


def test_e6_what_an_attacker_writes_is_kept_whole_and_as_text() -> None:
    long, binary = "/" + "a" * 100_000, "\x00\x1b[31m\u202e\ufffd.exe"
    document = only("http", http={"url": long, "http_user_agent": long, "hostname": binary})
    assert (document["url.original"], document["user_agent.original"]) == (long, long)
    assert document["url.domain"] == binary
    assert only("fileinfo", fileinfo={"filename": binary})["file.name"] == binary
    assert malformed(document) == {}


@pytest.mark.parametrize("port", [-1, 65536, "443", 1.5, True])
def test_what_is_no_port_moves_aside(port: Any) -> None:
    document = only(dest_port=port)
    assert "destination.port" not in document
    assert "destination.port" in malformed(document)


def test_a_community_id_that_is_missing_is_computed() -> None:
    one = {"src_ip": "10.10.1.4", "src_port": 56166, "dest_ip": "10.10.1.1", "dest_port": 53, "proto": "UDP"}
    assert only("dns", **one, community_id=None)["network.community_id"] == "1:YTbTe7RlJn3vRzfb9CL6qkrcSZ8="
    assert "network.community_id" not in only("dns", **{**one, "proto": "ICMP"}, community_id=None)


def test_ids_of_64_bits_are_text() -> None:
    assert only(flow_id=2**63 + 1)["suricata.eve.flow_id"] == str(2**63 + 1)


def test_vlans() -> None:
    assert only(vlan=[7])["network.vlan.id"] == ["7"]
    assert only(vlan=7)["network.vlan.id"] == ["7"]
    assert "network.vlan.id" in malformed(only(vlan=["x"]))
    assert "network.vlan.id" in malformed(only(vlan=[4096]))


@pytest.mark.parametrize(
    ("tags", "vni", "own"),
    [([0, 0], 0, None), ([4095, 4095], 0xFFFFFF, None), ([1, 2, 30], 0x1002, ["30"]), ([5], None, ["5"])],
)
def test_two_tags_are_a_vni_on_streams_marked_so(tags: list[int], vni: int | None, own: list[str] | None) -> None:
    document = only(vlan=tags, options={"sessions": MirrorSessions}).document
    assert document["flowtap"].get("mirror", {}).get("vni") == vni
    assert document["network"].get("vlan", {}).get("id") == own
    assert "mirror" not in only(vlan=tags).document["flowtap"]


def test_the_sensor_is_the_observer() -> None:
    assert only()["observer.name"] == "sensor-1"
    assert only()["observer.ingress.interface.name"] == "eth1"
    assert only(host=None, options={"sensor": "edge"})["observer.name"] == "edge"
    assert "observer.name" in malformed(only(host={"a": 1}))
