"""Events of a capture as they are whenever it is analysed: what differs from run to run is settled. Pure.

In: the eve.json that one run over one capture wrote (`suricata.offline`). Out: its lines, but for statistics.
Measured on 7.0.10, the same capture twice: `flow_id` differs (its hash has a random seed), and so does all that depends
on when the thread that ends flows came by: the times of what it ends, and whether a flow ended then or with the file.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import orjson

_ENDED_BY_CHANCE: Final = frozenset({"timeout", "shutdown", "forced"})
_AT_THE_END: Final = "stream (flow timeout)"  # Suricata's `pkt_src`: made up when the flow's end was noticed
_FLOW_ID_BITS: Final = 51  # as Suricata's own: more is no number in JavaScript
_TUPLE: Final = ("vlan", "proto", "src_ip", "src_port", "dest_ip", "dest_port", "icmp_type", "icmp_code")
_OF_RUN_OR_RULES: Final = frozenset({"flow_id", "parent_id", "pcap_filename", "metadata"})
_MOST_REMEMBERED: Final = 1 << 18
_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}")


class Flow(NamedTuple):
    """What does not change of a flow: an id made of its addresses and beginning, and when its last packet was."""

    id: int
    end: str


def capture_name(sha256: str) -> str:
    """What stands for the sensor in a capture's events: 96 bits of the SHA-256 (hex) of its bytes, unpacked."""
    return f"pcap-{sha256[:24]}"


def flows_of(lines: Iterable[bytes], capture: str) -> dict[int, Flow]:
    """The flows by the ids that this run gave them; about 200 bytes of memory each."""
    found: dict[int, Flow] = {}
    others: dict[int, Flow] = {}
    times: dict[int, int] = {}
    for raw in lines:
        event = _parsed(raw)
        own = event.get("flow_id") if event else None
        if type(own) is not int or own in found or event is None:
            continue
        if event["event_type"] == "flow":
            flow = event["flow"]
            found[own] = Flow(_flow_id(capture, event, flow["start"], times), flow["end"])
        elif own not in others:
            others[own] = Flow(_flow_id(capture, event, event["timestamp"], {}), "")
    return others | found


def settled(lines: Iterable[bytes], flows: Mapping[int, Flow], capture: str, file_name: str) -> Iterator[bytes]:
    """Each line as it always is, without its end; nothing (b"") for statistics, which tell of the run.

    Equal events are told apart by a number, `occurrence`, from the second on.
    """
    seen: dict[bytes, int] = {}
    for raw in lines:
        event = _parsed(raw)
        if event is None:
            yield raw
        elif event["event_type"] == "stats":
            yield b""
        else:
            _settle(event, flows)
            event |= {"host": capture, "pcap_filename": file_name}
            digest = blake2b(_basis(event), digest_size=12).digest()
            seen[digest] = count = seen.get(digest, -1) + 1
            if count:
                event["occurrence"] = count
            elif len(seen) > _MOST_REMEMBERED:  # equal ones are of one packet, so they are neighbours
                del seen[next(iter(seen))]
            yield _written(event)


def basis(raw: bytes) -> bytes:
    """What an event's id is made of: a settled line without what a run or other rules make different.

    So the same capture has the same ids whichever rules it is analysed with; their alerts come on top.
    """
    event = _parsed(raw)
    return raw if event is None else _basis(event)


def _settle(event: dict[str, Any], flows: Mapping[int, Flow]) -> None:
    own = event.get("flow_id")
    flow = flows.get(own) if type(own) is int else None
    if flow is not None:
        event["flow_id"] = flow.id
    parent = flows.get(event.pop("parent_id", 0))
    if parent is not None:
        event["parent_id"] = parent.id
    ended = event.get(event["event_type"]) if event["event_type"] in {"flow", "netflow"} else None
    if type(ended) is dict:
        event["timestamp"] = ended["end"]
        if ended.get("reason") in _ENDED_BY_CHANCE:
            del ended["reason"]
    elif event.get("pkt_src") == _AT_THE_END and flow is not None and flow.end:
        event["timestamp"] = flow.end


def _basis(event: dict[str, Any]) -> bytes:
    kept = {key: value for key, value in event.items() if key not in _OF_RUN_OR_RULES}
    if event["event_type"] == "flow" and type(event.get("flow")) is dict:
        kept["flow"] = {key: value for key, value in event["flow"].items() if key != "alerted"}
    return _written(kept, orjson.OPT_SORT_KEYS)


def _flow_id(capture: str, event: dict[str, Any], since: str, times: dict[int, int]) -> int:
    """`times`: how often each id was given. Flows that agree in all of it are numbered as they come."""
    told = [capture, since, *(event.get(key) for key in _TUPLE)]
    made = _hashed(_written(told))
    times[made] = count = times.get(made, -1) + 1
    return _hashed(_written([*told, count])) if count else made


def _hashed(content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8, person=b"flow").digest()) >> (64 - _FLOW_ID_BITS)


def _parsed(raw: bytes) -> dict[str, Any] | None:
    """The event; None for what is none. Whole numbers of any size stay what they are."""
    try:
        event = json.loads(raw) if _LONG_NUMBER.search(raw) else orjson.loads(raw)
    except ValueError:
        try:
            event = json.loads(raw)
        except ValueError:
            return None
    return event if type(event) is dict and type(event.get("event_type")) is str else None


def _written(value: Any, option: int = 0) -> bytes:
    try:
        return orjson.dumps(value, option=option)
    except TypeError:  # a number or text that orjson does not write
        return json.dumps(value, separators=(",", ":"), sort_keys=bool(option)).encode("ascii")
