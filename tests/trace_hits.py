"""Hits as a search gives them, for tests of `trace`: flow-log records and events of Suricata, few words each."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

BEGIN = datetime(2026, 11, 17, 6, tzinfo=UTC)
CLIENT, SERVER = ("10.0.1.5", 40_000), ("10.0.2.6", 445)
ID = "1:XARD/YqmjOBbfVH9wsmULWBmFcM="
OTHER_ID = "1:PRQf6KFv8aF+xwvfOGXTSjrnjYU="
_numbers = count()


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def text(seconds: float) -> str:
    return at(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def record(
    begin: float,
    end: float,
    *,
    eni: str = "eni-a",
    vpc: str | None = "vpc-a",
    flags: int | None = 0,
    back: bool = False,
    ends: tuple[tuple[str, int | None], tuple[str, int | None]] = (CLIENT, SERVER),
    packet: tuple[str, str] | None = None,
    direction: str | None = None,
    action: str = "accept",
    ids: tuple[str, ...] = (ID,),
    transport: str = "tcp",
    size: tuple[int, int] = (10, 1000),
) -> dict[str, Any]:
    """From the client, or with `back` from the server. `size`: packets, bytes. `packet`: pkt-srcaddr, pkt-dstaddr."""
    source, destination = ends[::-1] if back else ends
    own = {"interface_id": eni, "vpc_id": vpc, "tcp_flags": flags}
    if packet:
        own |= dict(zip(("pkt_srcaddr", "pkt_dstaddr"), packet, strict=True))
    sides = [{"ip": address} | ({"port": port} if port else {}) for address, port in (source, destination)]
    client = ends[0][0]
    initiator = "syn" if flags and flags & 2 else "port"
    return {
        "_id": f"r{next(_numbers)}",
        "_source": {
            "@timestamp": text(end),
            "event": {
                "dataset": "aws.vpcflow",
                "kind": "event",
                "action": action,
                "start": text(begin),
                "end": text(end),
            },
            "source": sides[0] | {"packets": size[0], "bytes": size[1]},
            "destination": sides[1],
            "network": {"transport": transport, "direction": direction} | ({"community_id": [*ids]} if ids else {}),
            "client": {"ip": client},
            "server": {"ip": ends[1][0]} | ({"port": ends[1][1]} if ends[1][1] else {}),
            "aws": {"vpcflow": {name: value for name, value in own.items() if value is not None}},
            "flowtap": {"initiator": initiator},
        },
    }


def event(
    moment: float,
    kind: str = "flow",
    *,
    begin: float | None = None,
    flow_id: str = "77",
    ends: tuple[tuple[str, int | None], tuple[str, int | None]] = (CLIENT, SERVER),
    mirror: dict[str, Any] | None = None,
    closed: bool = True,
    transport: str = "tcp",
    ids: str | None = ID,
    **more: Any,
) -> dict[str, Any]:
    """A flow ends at `moment`. `more`: further leaves at the top of the document; of `suricata.eve` in `eve`."""
    sides = [{"ip": address} | ({"port": port} if port else {}) for address, port in ends]
    eve: dict[str, Any] = {"event_type": kind, "flow_id": flow_id}
    told: dict[str, Any] = {"dataset": f"suricata.{kind}", "kind": "event"}
    if begin is not None:
        told["start"] = text(begin)
    if kind == "flow":
        told["end"] = text(moment)
        sides = [side | {"packets": 9, "bytes": 900 + number} for number, side in enumerate(sides)]
        if transport == "tcp":
            eve["tcp"] = {
                "tcp_flags": "1b",
                "tcp_flags_ts": "1b",
                "fin": closed,
                "state": "closed" if closed else "new",
            }
    return {
        "_id": f"e{next(_numbers)}",
        "_source": {
            "@timestamp": text(moment),
            "event": told,
            "observer": {"name": "sensor"},
            "source": sides[0],
            "destination": sides[1],
            "network": {"transport": transport} | ({"community_id": ids} if ids else {}),
            "client": {"ip": ends[0][0]},
            "server": {"ip": ends[1][0]},
            "suricata": {"eve": eve | more.pop("eve", {})},
            "flowtap": {"initiator": "suricata"} | ({"mirror": mirror} if mirror else {}),
        }
        | more,
    }
