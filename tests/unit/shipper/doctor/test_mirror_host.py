"""What is found out of a host, from a /proc and a /sys made for it."""

import os
import socket
from pathlib import Path

import pytest

from shipper.doctor.mirror_host import look

ROUTES = "Iface\tDestination\tGateway\nens6\t0001A8C0\t00000000\nens5\t00000000\t0100000A\n"
UDP = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    def put(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    put("proc/net/route", ROUTES)
    put("proc/self/status", "Name:\tx\nCapEff:\t0000000000002000\n")
    put("proc/sys/net/core/rmem_max", "212992\n")
    put("proc/sys/net/core/netdev_max_backlog", "1000\n")
    for number, (name, peer, mtu) in enumerate((("ens5", 1, 9001), ("mirror0", 3, 9100), ("mirror1", 2, 1500)), 1):
        put(f"sys/class/net/{name}/mtu", f"{mtu}\n")
        put(f"sys/class/net/{name}/flags", "0x1003\n" if name != "mirror1" else "0x1002\n")
        put(f"sys/class/net/{name}/ifindex", f"{number}\n")
        put(f"sys/class/net/{name}/iflink", f"{peer}\n")
    return tmp_path


def test_a_host_is_looked_at(root: Path) -> None:
    host = look("", "mirror0", "127.0.0.1", 0, root)
    assert host.link is not None
    assert (host.interface, host.link.up, host.link.mtu) == ("ens5", True, 9001)
    assert [(end.name, end.up, end.mtu) for end in host.ends] == [("mirror0", True, 9100), ("mirror1", False, 1500)]
    assert (host.most_buffer, host.backlog, host.net_raw, host.net_admin) == (212_992, 1000, True, False)
    assert (host.port_trouble, host.held_by) == (0, "")


def test_what_is_not_there_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "sys/class/net").mkdir(parents=True)
    host = look("", "mirror0", "127.0.0.1", 0, tmp_path)
    assert (host.interface, host.link, host.ends) == ("", None, ())
    assert (host.most_buffer, host.backlog, host.net_raw) == (None, None, None)


def test_who_has_the_port_is_found(root: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        port, inode = held.getsockname()[1], os.fstat(held.fileno()).st_ino
        more = "00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0"
        line = f"  7: 0100007F:{port:04X} {more} {inode} 2\n"
        (root / "proc/net/udp").write_text(UDP + line)
        process = root / "proc/4711"
        (process / "fd").mkdir(parents=True)
        (process / "fd/3").symlink_to(f"socket:[{inode}]")
        (process / "cmdline").write_bytes(b"shipper\0mirror\0listen\0")
        assert look("", "", "127.0.0.1", port, root).held_by == "shipper mirror listen"
