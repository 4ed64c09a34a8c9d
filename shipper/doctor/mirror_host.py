"""A host that is to receive mirrored packets, as Linux describes it: /proc, /sys, its drivers. Changes nothing.

What cannot be found out is None. https://docs.kernel.org/networking/, ethtool(8), capabilities(7), adjtimex(2).
"""

import ctypes
import errno
import fcntl
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_SIOCETHTOOL = 0x8946
_GET_GRO, _GET_FLAGS, _FLAG_LRO = 0x2B, 0x25, 1 << 15  # ETHTOOL_GGRO, ETHTOOL_GFLAGS
_NET_ADMIN, _NET_RAW = 12, 13
_UNSYNCHRONISED = 0x40  # STA_UNSYNC
_TIMEX = struct.Struct("=i4xqqqqi")  # modes, offset, frequency, maxerror, esterror, status: 64-bit Linux


@dataclass(frozen=True, slots=True)
class Link:
    """An interface. `merges`: GRO; `merges_long`: LRO, which does not keep packets as they were."""

    name: str
    up: bool
    mtu: int
    merges: bool | None = None
    merges_long: bool | None = None


@dataclass(frozen=True, slots=True)
class MirrorHost:
    """What the judgement goes by. An interface that is not there is None; `held_by` says what has the port."""

    interface: str
    link: Link | None
    veth: str
    ends: tuple[Link, ...]
    port: int
    port_trouble: int = 0
    held_by: str = ""
    most_buffer: int | None = None
    backlog: int | None = None
    net_raw: bool | None = None
    net_admin: bool | None = None
    synchronised: bool | None = None
    off_by_seconds: float | None = None


def look(interface: str, veth: str, address: str, port: int, root: Path = Path("/")) -> MirrorHost:
    """Without an interface it is the one that leads to the world, without a veth pair none is looked at."""
    chosen = interface or _default_interface(root)
    capabilities = _capabilities(root)
    synchronised, off_by = _clock()
    trouble = _bind_trouble(address, port)
    near = _link(root, veth) if veth else None
    far = _peer(root, veth) if near else None
    return MirrorHost(
        interface=chosen,
        link=_link(root, chosen) if chosen else None,
        veth=veth,
        ends=tuple(end for end in (near, far) if end),
        port=port,
        port_trouble=trouble,
        held_by=_holder(root, port) if trouble == errno.EADDRINUSE else "",
        most_buffer=_number(root / "proc/sys/net/core/rmem_max"),
        backlog=_number(root / "proc/sys/net/core/netdev_max_backlog"),
        net_raw=None if capabilities is None else bool(capabilities >> _NET_RAW & 1),
        net_admin=None if capabilities is None else bool(capabilities >> _NET_ADMIN & 1),
        synchronised=synchronised,
        off_by_seconds=off_by,
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text and text.isdigit() else None


def _default_interface(root: Path) -> str:
    """That of the first route to everywhere."""
    for line in (_text(root / "proc/net/route") or "").splitlines()[1:]:
        name, destination, *_ = line.split()
        if destination == "00000000":
            return name
    return ""


def _link(root: Path, name: str) -> Link | None:
    mtu = _number(root / "sys/class/net" / name / "mtu")
    if mtu is None:
        return None
    flags = int(_text(root / "sys/class/net" / name / "flags") or "0", 16)
    long_flags = _asked(name, _GET_FLAGS)
    merges = _asked(name, _GET_GRO)
    return Link(
        name,
        bool(flags & 1),
        mtu,
        None if merges is None else bool(merges),
        None if long_flags is None else bool(long_flags & _FLAG_LRO),
    )


def _peer(root: Path, name: str) -> Link | None:
    """The other end of a veth pair, if it is in this network namespace."""
    number = _number(root / "sys/class/net" / name / "iflink")
    for folder in (root / "sys/class/net").iterdir():
        if folder.name != name and _number(folder / "ifindex") == number:
            return _link(root, folder.name)
    return None


def _asked(name: str, command: int) -> int | None:
    """One value of a driver (struct ethtool_value)."""
    value = (ctypes.c_uint32 * 2)(command, 0)
    request = struct.pack("16sQ16x", name.encode()[:15], ctypes.addressof(value))
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, _SIOCETHTOOL, request)
        return int(value[1])
    return None


def _bind_trouble(address: str, port: int) -> int:
    """Why the port cannot be had; 0 where it can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as tried:
            tried.bind((address, port))
    except OSError as trouble:
        return trouble.errno or -1
    return 0


def _holder(root: Path, port: int) -> str:
    """The command line of the process that has the port, where that may be read."""
    sockets = {
        fields[9]
        for name in ("udp", "udp6")
        for line in (_text(root / "proc/net" / name) or "").splitlines()[1:]
        if (fields := line.split())[1].endswith(f":{port:04X}")
    }
    wanted = {f"socket:[{inode}]" for inode in sockets}
    for process in sorted((root / "proc").glob("[0-9]*")):
        with suppress(OSError):
            if any(str(each.readlink()) in wanted for each in (process / "fd").iterdir()):
                return (_text(process / "cmdline") or "").replace("\0", " ").strip()
    return ""


def _capabilities(root: Path) -> int | None:
    for line in (_text(root / "proc/self/status") or "").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return None


def _clock(call: Callable[..., int] | None = None) -> tuple[bool | None, float | None]:
    """Whether something keeps the clock right, and how far off it may be."""
    buffer = ctypes.create_string_buffer(256)  # struct timex is 208 bytes; modes 0 only asks
    try:
        asked = (call or ctypes.CDLL(None).adjtimex)(buffer)
    except (OSError, AttributeError):
        return None, None
    _, _, _, most, _, status = _TIMEX.unpack_from(buffer)
    return (None, None) if asked < 0 else (not status & _UNSYNCHRONISED, most / 1e6)
