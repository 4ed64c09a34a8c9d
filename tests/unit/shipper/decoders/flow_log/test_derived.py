from ipaddress import ip_address

import pytest

from flow_log_samples import row
from shipper.decoders.community_id import community_id
from shipper.decoders.initiator import initiator

FIVE = "srcaddr dstaddr srcport dstport protocol"


@pytest.mark.parametrize(
    ("flags", "ports", "acks_are_logged", "expected"),
    [
        (2, (40000, 443), False, ("syn", True)),
        (3, (443, 40000), False, ("syn", True)),
        (18, (40000, 443), False, ("syn", False)),
        (19, (443, 40000), False, ("syn", False)),
        (18, (40000, 443), True, ("port", True)),
        (2, (443, 40000), True, ("syn", True)),
        (0, (40000, 443), False, ("port", True)),
        (0, (443, 40000), False, ("port", False)),
        (1, (443, 8443), False, ("port", False)),
        (0, (3306, 1024), False, ("port", False)),
        (0, (1024, 3306), False, ("port", True)),
        (0, (22, 3389), False, ("port", False)),
        (0, (50000, 50001), False, ("port", False)),
        (0, (0, 60000), False, ("port", False)),
        (0, (0, 3389), False, ("port", True)),
        (0, (123, 123), False, ("unknown", True)),
        (0, None, False, ("unknown", True)),
    ],
)
def test_who_began(flags, ports, acks_are_logged, expected) -> None:
    assert initiator(flags, ports, acks_are_logged) == expected


def test_client_and_server_of_a_reply() -> None:
    reply = row(FIVE, "10.0.0.9 10.0.0.5 443 40000 6")
    assert (reply["client.ip"], reply["server.ip"], reply["server.port"]) == ("10.0.0.5", "10.0.0.9", 443)
    assert reply["flowtap.initiator"] == "port"


def test_flags_of_another_protocol_say_nothing() -> None:
    assert row(FIVE + " tcp-flags", "10.0.0.9 10.0.0.5 443 40000 17 2")["flowtap.initiator"] == "port"


def test_no_client_without_both_addresses() -> None:
    found = row(FIVE, "10.0.0.9 - 443 40000 6")
    assert {"client", "server"}.isdisjoint(found.document)
    assert "flowtap.initiator" not in found
    assert found["source.ip"] == "10.0.0.9"


@pytest.mark.parametrize("protocol", ["1", "58", "47", "50"])
def test_a_protocol_without_ports_has_none(protocol: str) -> None:
    found = row(FIVE, f"10.0.0.9 10.0.0.5 0 0 {protocol}")
    assert found["flowtap.initiator"] == "unknown"
    assert (found["client.ip"], found["server.ip"]) == ("10.0.0.9", "10.0.0.5")
    assert not any(path in found for path in ("source.port", "destination.port", "server.port"))


def test_port_0_of_tcp_is_a_port() -> None:
    found = row(FIVE, "10.0.0.9 10.0.0.5 0 0 6")
    assert (found["source.port"], found["destination.port"]) == (0, 0)
    assert "server.port" not in found


def _id(source: str, destination: str, protocol: int, ports: tuple[int, int]) -> str:
    return community_id(ip_address(source).packed, ip_address(destination).packed, protocol, ports)


def test_community_id_of_the_packet_first_then_of_the_interface() -> None:
    found = row(FIVE + " pkt-srcaddr pkt-dstaddr", "10.0.1.5 203.0.113.5 1234 80 6 10.0.0.9 203.0.113.5")
    expected = [_id("10.0.0.9", "203.0.113.5", 6, (1234, 80)), _id("10.0.1.5", "203.0.113.5", 6, (1234, 80))]
    assert found["network.community_id"] == expected
    assert "related" not in found.document, "the index fills it from the four addresses"


def test_community_id_once_where_both_are_the_same() -> None:
    found = row(FIVE + " pkt-srcaddr pkt-dstaddr", "10.0.1.5 10.0.0.9 1234 80 17 10.0.1.5 10.0.0.9")
    assert found["network.community_id"] == [_id("10.0.1.5", "10.0.0.9", 17, (1234, 80))]


@pytest.mark.parametrize("protocol", [33, 136])
def test_ports_are_part_of_a_community_id_only_where_the_specification_says_so(protocol: int) -> None:
    found = row(FIVE, f"10.0.1.5 10.0.0.9 1234 80 {protocol}")
    assert found["network.community_id"] == [_id("10.0.1.5", "10.0.0.9", protocol, (0, 0))]
    assert found["source.port"] == 1234


def test_community_id_of_a_protocol_without_ports_is_suricatas() -> None:
    assert row(FIVE, "10.0.1.5 10.0.0.9 0 0 47")["network.community_id"] == [_id("10.0.1.5", "10.0.0.9", 47, (0, 0))]


@pytest.mark.parametrize(
    "cells",
    [
        "10.0.1.5 10.0.0.9 0 0 1",
        "fd00::1 fd00::2 0 0 58",
        "10.0.1.5 fd00::2 1 2 6",
        "10.0.1.5 10.0.0.9 - 2 6",
        "10.0.1.5 10.0.0.9 1 2 -",
        "10.0.1.5 10.0.0.x 1 2 6",
        "- 10.0.0.9 1 2 6",
    ],
)
def test_no_community_id(cells: str) -> None:
    assert "network.community_id" not in row(FIVE, cells)


@pytest.mark.parametrize(
    ("protocol", "transport"), [("6", "tcp"), ("0", "hopopt"), ("58", "ipv6-icmp"), ("200", None), ("61", None)]
)
def test_transport(protocol: str, transport: str | None) -> None:
    found = row("protocol bytes", f"{protocol} 1")
    assert found["network.iana_number"] == int(protocol)
    assert found.document["network"].get("transport") == transport


def test_family_from_the_column_else_from_the_addresses() -> None:
    assert row("srcaddr dstaddr type", "10.0.0.1 10.0.0.2 EFA")["network.type"] == "efa"
    assert row("srcaddr dstaddr type", "10.0.0.1 10.0.0.2 -")["network.type"] == "ipv4"
    assert row("srcaddr dstaddr", "- fd00::1")["network.type"] == "ipv6"
    assert "network" not in row("srcaddr dstaddr", "- -").document


@pytest.mark.parametrize(
    ("action", "types", "outcome"),
    [
        ("ACCEPT", ["connection", "allowed"], "success"),
        ("REJECT", ["connection", "denied"], "failure"),
        ("PONDER", ["connection"], None),
        ("-", ["connection"], None),
    ],
)
def test_action(action: str, types: list[str], outcome: str | None) -> None:
    found = row("srcaddr action", f"10.0.0.1 {action}")
    assert found["event.type"] == types
    assert found.document["event"].get("outcome") == outcome
    assert found.document["event"].get("action") == (None if action == "-" else action.lower())


def test_names_of_numbers() -> None:
    found = row("tcp-flags traffic-path bytes", "63 8 1")
    assert found["aws.vpcflow.tcp_flags_array"] == ["fin", "syn", "rst", "psh", "ack", "urg"]
    assert found["aws.vpcflow.traffic_path_name"] == "internet-gateway"
    found = row("tcp-flags traffic-path bytes", "0 9 1")
    assert found["aws.vpcflow.traffic_path"] == 9
    assert {"tcp_flags_array", "traffic_path_name"}.isdisjoint(found.document["aws"]["vpcflow"])
