"""Each fault of a host is told with the command that mends it; a host without any is well."""

import errno
from dataclasses import replace

import pytest

from shipper.doctor.finding import Finding, Outcome
from shipper.doctor.mirror_host import Link, MirrorHost
from shipper.doctor.mirror_host_judgement import judged

MIB = 1 << 20
PAIR = (Link("mirror0", True, 9100, False, False), Link("mirror1", True, 9100, False, False))
WELL = MirrorHost(
    interface="ens5", link=Link("ens5", True, 9001, False, False), veth="mirror0", ends=PAIR, port=4789,
    most_buffer=64 * MIB, backlog=10_000, net_raw=True, net_admin=False, synchronised=True, off_by_seconds=0.002,
)  # fmt: skip


def findings(host: MirrorHost) -> dict[str, Finding]:
    return dict(judged(host, 64 * MIB))


def test_a_host_without_faults_is_well() -> None:
    found = findings(WELL)
    assert list(found) == [
        "interface", "MTU", "offload", "veth pair", "receive buffer", "backlog", "UDP port", "capabilities", "clock",
    ]  # fmt: skip
    assert {each.outcome for each in found.values()} == {Outcome.OK}
    assert "8,947" in found["MTU"].seen  # the figure that AWS gives for targets with jumbo frames
    assert "8,927" in found["MTU"].seen


def link(**changes: object) -> dict[str, object]:
    return {"link": replace(WELL.link or PAIR[0], **changes)}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "name", "outcome", "seen", "remedy"),
    [
        ({"link": None}, "interface", "fail", "no ens5", "--interface"),
        ({"link": None, "interface": ""}, "interface", "fail", "no interface", "--interface"),
        (link(up=False), "interface", "fail", "down", "ip link set ens5 up"),
        (link(mtu=1500), "MTU", "fail", "cut", "ip link set ens5 mtu 9001"),
        (link(mtu=1554), "MTU", "warn", "1,500", "ip link set ens5 mtu 9001"),
        (link(merges=True), "offload", "warn", "GRO", "ethtool -K ens5 gro off"),
        (link(merges=True, merges_long=True), "offload", "fail", "LRO", "ethtool -K ens5 lro off"),
        (link(merges=None), "offload", "skipped", "does not say", ""),
        ({"ends": ()}, "veth pair", "fail", "no mirror0", "ip link add mirror0 type veth"),
        ({"ends": (PAIR[0], replace(PAIR[1], up=False))}, "veth pair", "fail", "down", "ip link set mirror1 up"),
        ({"ends": (PAIR[0], replace(PAIR[1], mtu=1500))}, "veth pair", "fail", "below 8,969", "mirror1 mtu 9100"),
        ({"ends": (PAIR[0], replace(PAIR[1], merges=True))}, "veth pair", "warn", "GRO", "-K mirror1 gro off"),
        ({"most_buffer": 212_992}, "receive buffer", "warn", "212,992", "sysctl -w net.core.rmem_max=67108864"),
        ({"most_buffer": 212_992, "net_admin": True}, "receive buffer", "ok", "CAP_NET_ADMIN", ""),
        ({"backlog": 1000}, "backlog", "warn", "1,000", "netdev_max_backlog=10000"),
        ({"port_trouble": errno.EADDRINUSE, "held_by": "vxlan0"}, "UDP port", "fail", "taken by vxlan0", "ss -lunp"),
        ({"port_trouble": errno.EADDRINUSE, "held_by": "shipper mirror listen"}, "UDP port", "ok", "listened to", ""),
        ({"port_trouble": errno.EADDRNOTAVAIL}, "UDP port", "fail", "Cannot assign", "--address"),
        ({"net_raw": False}, "capabilities", "warn", "CAP_NET_RAW", "AmbientCapabilities=CAP_NET_RAW"),
        ({"synchronised": False}, "clock", "warn", "nothing keeps", "169.254.169.123"),
        ({"off_by_seconds": 3.0}, "clock", "warn", "3.0 s", "169.254.169.123"),
    ],
)
def test_a_fault_and_what_mends_it(changes: dict[str, object], name: str, outcome: str, seen: str, remedy: str) -> None:
    found = findings(replace(WELL, **changes))  # type: ignore[arg-type]
    assert found[name].outcome == outcome
    assert seen in found[name].seen
    assert remedy in found[name].remedy
    assert bool(found[name].remedy) == (outcome in {"warn", "fail"})
