"""Whether a host gets mirrored packets whole and can hand them on; each fault with the command that mends it. Pure."""

import errno
import os
from collections.abc import Iterator

from shipper.doctor.finding import Finding, fail, ok, skipped, warn
from shipper.doctor.mirror_host import Link, MirrorHost

OVER_IPV4, OVER_IPV6 = 54, 74
"""Bytes that VXLAN adds to a packet (Amazon VPC Traffic Mirroring, "Traffic Mirroring targets concepts")."""
_JUMBO, _USUAL = 9001, 1500
_TWO_TAGS, _ETHERNET = 8, 14
_BACKLOG = 10_000
_OFF_SECONDS = 1.0


def judged(host: MirrorHost, buffer_bytes: int) -> Iterator[tuple[str, Finding]]:
    """By name, in the order in which they are mended."""
    yield "interface", _interface(host)
    yield "MTU", _mtu(host)
    yield "offload", _offload(host)
    if host.veth:
        yield "veth pair", _veth(host)
    yield "receive buffer", _buffer(host, buffer_bytes)
    yield "backlog", _backlog(host)
    yield "UDP port", _port(host)
    yield "capabilities", _capabilities(host)
    yield "clock", _clock(host)


def _interface(host: MirrorHost) -> Finding:
    if not host.interface:
        return fail("no interface leads anywhere", "name one with --interface; ip -brief link shows all")
    if host.link is None:
        return fail(f"there is no {host.interface}", "name another with --interface; ip -brief link shows all")
    if not host.link.up:
        return fail(f"{host.interface} is down", f"ip link set {host.interface} up")
    return ok(f"{host.interface} is up")


def _mtu(host: MirrorHost) -> Finding:
    if host.link is None:
        return skipped("no interface")
    mtu, name = host.link.mtu, host.link.name
    seen = f"{mtu}: packets of sources with an MTU of up to {mtu - OVER_IPV4:,} come whole (IPv6: {mtu - OVER_IPV6:,})"
    if mtu < _USUAL + OVER_IPV4:
        return fail(f"{seen}; even usual ones of {_USUAL:,} are cut", f"ip link set {name} mtu {_JUMBO}")
    if mtu < _JUMBO:
        return warn(
            seen, f"ip link set {name} mtu {_JUMBO}, where the network takes it; else lower that of the sources"
        )
    return ok(seen)


def _offload(host: MirrorHost) -> Finding:
    if host.link is None:
        return skipped("no interface")
    return _merging([host.link]) or ok("GRO and LRO are off: packets come as they were sent")


def _merging(links: list[Link]) -> Finding | None:
    """What is wrong with any of them."""
    long = [each.name for each in links if each.merges_long]
    if long:
        return fail(f"LRO is on: {', '.join(long)} makes one packet of several", _off(long, "lro"))
    merging = [each.name for each in links if each.merges]
    if merging:
        return warn(f"GRO is on: {', '.join(merging)} may make one packet of several", _off(merging, "gro"))
    if any(each.merges is None for each in links):
        return skipped(f"the driver of {links[0].name} does not say")
    return None


def _off(names: list[str], feature: str) -> str:
    return "; ".join(f"ethtool -K {name} {feature} off" for name in names)


def _veth(host: MirrorHost) -> Finding:
    near = host.veth
    if not host.ends:
        return fail(f"there is no {near}", f"ip link add {near} type veth peer name mirror1 && ip link set {near} up")
    down = [end.name for end in host.ends if not end.up]
    if down:
        return fail(f"{', '.join(down)} is down", "; ".join(f"ip link set {name} up" for name in down))
    # A frame of the longest mirrored packet, with Ethernet and the VNI's two tags, less the header an MTU leaves out.
    needed = (host.link.mtu if host.link else _JUMBO) - OVER_IPV4 + _ETHERNET + _TWO_TAGS
    small = [end.name for end in host.ends if end.mtu < needed]
    if small:
        return fail(
            f"the MTU of {', '.join(small)} is below {needed:,}: long frames are not handed on",
            "; ".join(f"ip link set {name} mtu 9100" for name in small),
        )
    return _merging(list(host.ends)) or ok(f"{' and '.join(end.name for end in host.ends)} are up, long enough")


def _buffer(host: MirrorHost, wanted: int) -> Finding:
    most = host.most_buffer
    if most is None:
        return skipped("net.core.rmem_max cannot be read here")
    if most >= wanted:
        return ok(f"{most:,} bytes may be had")
    if host.net_admin:
        return ok(f"{most:,} bytes for others; with CAP_NET_ADMIN more may be had")
    return warn(
        f"a socket gets {most:,} bytes at most, {wanted:,} are wanted: bursts are lost",
        f"sysctl -w net.core.rmem_max={wanted}; to keep it, the same in a file of /etc/sysctl.d",
    )


def _backlog(host: MirrorHost) -> Finding:
    if host.backlog is None:
        return skipped("net.core.netdev_max_backlog cannot be read here")
    if host.backlog >= _BACKLOG:
        return ok(f"{host.backlog:,} packets may wait for a processor")
    return warn(
        f"{host.backlog:,} packets may wait for a processor: bursts onto the veth pair are lost",
        f"sysctl -w net.core.netdev_max_backlog={_BACKLOG}",
    )


def _port(host: MirrorHost) -> Finding:
    if not host.port_trouble:
        return ok(f"{host.port} is free. Its security group must let UDP {host.port} in from the sources")
    if host.port_trouble == errno.EADDRINUSE:
        if "mirror listen" in host.held_by:
            return ok(f"{host.port} is listened to by: {host.held_by}")
        other = host.held_by or "another process, of another user"
        return fail(f"{host.port} is taken by {other}", f"ss -lunp 'sport = :{host.port}' shows whose it is: stop that")
    why = os.strerror(host.port_trouble)
    return fail(
        f"{host.port} cannot be listened to: {why}", "name an address of this host with --address: ip -brief addr"
    )


def _capabilities(host: MirrorHost) -> Finding:
    if host.net_raw is None:
        return skipped("they cannot be read here")
    if host.net_raw:
        return ok("CAP_NET_RAW is there")
    return warn(
        "CAP_NET_RAW is missing: frames cannot be put onto an interface, --out PIPE works without",
        "run it as root, by systemd with AmbientCapabilities=CAP_NET_RAW, or with setpriv --ambient-caps +net_raw",
    )


def _clock(host: MirrorHost) -> Finding:
    remedy = "timedatectl set-ntp true (on AWS: chrony with server 169.254.169.123 prefer iburst)"
    if host.synchronised is None:
        return skipped("the kernel does not say")
    if not host.synchronised:
        return warn("nothing keeps the clock right: events will not meet the flow logs of their time", remedy)
    off = host.off_by_seconds or 0.0
    if off > _OFF_SECONDS:
        return warn(f"the clock may be off by {off:.1f} s", remedy)
    return ok(f"synchronised, off by {off * 1000:.0f} ms at most")
