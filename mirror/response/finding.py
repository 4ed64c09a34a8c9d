"""A GuardDuty finding as EventBridge hands it on: text in, a frozen finding out. Pure; believes nothing.

Raises BadFinding for what is no finding or has an id, a time or a number that cannot be. What it names at AWS is looked
up there before anything is done.
Amazon GuardDuty User Guide, "Processing GuardDuty findings with Amazon EventBridge"; Amazon GuardDuty API Reference,
"Finding".
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final, NamedTuple

from mirror.errors import BadFinding

SOURCE: Final = "aws.guardduty"
DETAIL_TYPE: Final = "GuardDuty Finding"
_MOST_CHARACTERS = 1 << 20
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{7,127}")
_TYPE = re.compile(r"[A-Za-z]{1,60}:[A-Za-z0-9]{1,60}/[A-Za-z0-9.!&_-]{1,120}")
_ACCOUNT = re.compile(r"\d{12}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]{1,12}){1,3}-\d")
_INTERFACE = re.compile(r"eni-[0-9a-f]{8,17}")
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}")
_PLACEHOLDER = "i-99999999"
"""The instance of sample findings. Amazon GuardDuty User Guide, "Sample findings"."""
_PROTOCOLS = {"TCP", "UDP", "ICMP"}


class Connection(NamedTuple):
    """What spoke to what, source first; ports are 0 where none is told."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding, checked. `told_at` is when EventBridge handed it on: the same however often the message comes."""

    id: str
    type: str
    severity: float
    account: str
    sender: str
    region: str
    told_at: datetime
    updated_at: datetime
    role: str = ""
    sample: bool = False
    archived: bool = False
    instances: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    connection: Connection | None = None
    detail: Mapping[str, Any] | None = None

    @property
    def version(self) -> str:
        """What is the same only for this finding as it stood then: a repeat is another version."""
        return f"{self.id}@{self.updated_at.isoformat()}"


def read_finding(text: str) -> Finding:
    """The finding of a message's body. Raises BadFinding."""
    if len(text) > _MOST_CHARACTERS:
        raise BadFinding(f"{len(text):,} characters are more than an event has")
    try:
        event = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFinding("no JSON") from error
    if not isinstance(event, dict):
        raise BadFinding("no JSON object")
    if event.get("source") != SOURCE or event.get("detail-type") != DETAIL_TYPE:
        raise BadFinding(f"source and detail-type are not {SOURCE} and {DETAIL_TYPE}")
    detail, service = _object(event, "detail"), _object(event, "detail", "service")
    connection, local = _connection(service)
    return Finding(
        _matched(_ID, detail, "id"),
        _matched(_TYPE, detail, "type"),
        _severity(detail),
        _matched(_ACCOUNT, detail, "accountId"),
        _matched(_ACCOUNT, event, "account"),
        _matched(_REGION, detail, "region"),
        _time(event, "time"),
        _time(detail, "updatedAt"),
        str(service.get("resourceRole", ""))[:20],
        _is_sample(detail, service),
        service.get("archived") is True,
        *_named(detail, service, local),
        connection,
        detail,
    )


def _is_sample(detail: Mapping[str, Any], service: Mapping[str, Any]) -> bool:
    told = _object(service, "additionalInfo").get("sample")
    instance = _object(detail, "resource", "instanceDetails").get("instanceId")
    return told in (True, "true") or instance == _PLACEHOLDER or str(detail.get("title", "")).startswith("[SAMPLE]")


def _named(
    detail: Mapping[str, Any], service: Mapping[str, Any], local: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Instances and interfaces; of several interfaces the one that the action was at, where it says so."""
    told = _object(detail, "resource", "instanceDetails")
    instances = [told["instanceId"]] if told.get("instanceId") else []
    listed = [each for each in _list(told, "networkInterfaces") if isinstance(each, dict)]
    at_action = [each for each in listed if local & {*_addresses_of(each)}]
    interfaces = [each["networkInterfaceId"] for each in at_action or listed if each.get("networkInterfaceId")]
    for each in _list(_object(service, "detection", "sequence"), "resources"):
        if isinstance(each, dict) and each.get("resourceType") == "EC2_INSTANCE":
            instances.append(_last(each.get("uid")))
            uids = _list(_object(each, "data", "ec2Instance"), "ec2NetworkInterfaceUids")
            interfaces += [_last(uid) for uid in uids]
    return _ids(_INSTANCE, instances, "instance"), _ids(_INTERFACE, interfaces, "network interface")


def _addresses_of(interface: Mapping[str, Any]) -> Iterator[Any]:
    yield interface.get("networkInterfaceId")
    yield interface.get("privateIpAddress")
    yield from (each for each in _list(interface, "ipv6Addresses") if isinstance(each, str))
    for each in _list(interface, "privateIpAddresses"):
        yield each.get("privateIpAddress") if isinstance(each, dict) else None


def _connection(service: Mapping[str, Any]) -> tuple[Connection | None, frozenset[str]]:
    """The connection, where one is told whole; and the interface and addresses at this end."""
    action = _object(service, "action", "networkConnectionAction")
    here, there = _address(action, "localIpDetails"), _address(action, "remoteIpDetails")
    local = frozenset(each for each in (here, action.get("localNetworkInterface")) if isinstance(each, str) and each)
    protocol = str(action.get("protocol", "")).upper()
    if not (here and there) or ip_address(here).version != ip_address(there).version or protocol not in _PROTOCOLS:
        return None, local
    near, far = (here, _port(action, "localPortDetails")), (there, _port(action, "remotePortDetails"))
    first, second = (near, far) if action.get("connectionDirection") == "OUTBOUND" else (far, near)
    return Connection(*first, *second, protocol), local


def _address(action: Mapping[str, Any], key: str) -> str:
    told = _object(action, key)
    for name in ("ipAddressV4", "ipAddressV6"):
        try:
            return str(ip_address(told.get(name) or ""))
        except ValueError:
            continue
    return ""


def _port(action: Mapping[str, Any], key: str) -> int:
    port = _object(action, key).get("port")
    return port if isinstance(port, int) and 0 < port < 65536 else 0


def _object(node: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """What stands there; nothing where there is none. Raises BadFinding for what is no object."""
    for key in path:
        found = node.get(key)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise BadFinding(f"{key} is no object")
        node = found
    return node


def _list(node: Mapping[str, Any], key: str) -> list[Any]:
    found = node.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadFinding(f"{key} is no list")
    return found


def _matched(pattern: re.Pattern[str], node: Mapping[str, Any], key: str) -> str:
    found = node.get(key)
    if not isinstance(found, str) or not pattern.fullmatch(found):
        raise BadFinding(f"{key} cannot be {str(found)[:80]!r}")
    return found


def _severity(detail: Mapping[str, Any]) -> float:
    found = detail.get("severity")
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 10:
        raise BadFinding(f"severity cannot be {str(found)[:80]!r}")
    return float(found)


def _time(node: Mapping[str, Any], key: str) -> datetime:
    try:
        found = datetime.fromisoformat(node.get(key) or "")
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadFinding(f"{key} is no time: {str(node.get(key))[:80]!r}") from error


def _ids(pattern: re.Pattern[str], found: list[Any], kind: str) -> tuple[str, ...]:
    for each in found:
        if not isinstance(each, str) or not pattern.fullmatch(each):
            raise BadFinding(f"no {kind} can be {str(each)[:80]!r}")
    return tuple(dict.fromkeys(found))


def _last(uid: Any) -> Any:
    """The id at the end of an ARN, or the id."""
    return uid.rpartition("/")[2] if isinstance(uid, str) else uid
