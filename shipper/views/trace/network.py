"""Which network a document is of: VPCs may use the same addresses, and one connection may cross two VPCs. Pure.

A network is a set of VPC ids, or a VNI that nobody knows the VPC of, or nothing. An address is at one interface of a
network: two VPCs with interfaces at the same end are two networks, one at either end are a peering.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from shipper.views.trace.span import IDLE, SKEW
from shipper.views.trace.witness import Event, Record

Network = frozenset[str]
NOWHERE: Final[Network] = frozenset()

_VNI: Final = "VNI "
_BETWEEN: Final = ""
_ONLY_BETWEEN: Final = frozenset({_BETWEEN})


@dataclass(frozen=True, slots=True)
class Interfaces:
    """What is known of interfaces from all their records: their VPC, and addresses that every record of theirs has.

    `addresses` None: nothing was asked; an interface that is left out was not found.
    """

    vpcs: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, frozenset[str]] = field(default_factory=dict)


Witness = Record | Event


def networks(witnesses: Sequence[Witness], known: Interfaces) -> list[Network]:
    """Of each of the documents of one key, in their order."""
    names = [_name(each, known) for each in witnesses]
    by_name: dict[str, list[Witness]] = defaultdict(list)
    for each, name in zip(witnesses, names, strict=True):
        by_name[name].append(each)
    vpcs = {name: found for name, found in by_name.items() if name and not name.startswith(_VNI)}
    whole = _peered(vpcs, known)
    placed: dict[str, list[tuple[Network, Sequence[Witness]]]] = {
        "vpc": [(whole[name], found) for name, found in vpcs.items()],
        "vni": [(frozenset({name}), found) for name, found in by_name.items() if name.startswith(_VNI)],
    }
    return [
        whole[name] if name in whole else _met(each, name, placed) for each, name in zip(witnesses, names, strict=True)
    ]


def side(record: Record, known: Interfaces) -> str | None:
    """The packet's end at which its interface is; "" between the ends; None where that is not known."""
    seen_source, seen_destination = record.seen
    own = known.addresses.get(record.place)
    if own is not None and not own & {seen_source, seen_destination}:
        return _BETWEEN
    if own is not None and not {seen_source, seen_destination} <= own:
        return record.source.address if seen_source in own else record.destination.address
    if record.direction == "egress":
        return record.source.address
    return record.destination.address if record.direction == "ingress" else None


def _name(each: Witness, known: Interfaces) -> str:
    place = each.place if isinstance(each, Record) else each.interface
    vpc = each.vpc or known.vpcs.get(place, "")
    if vpc:
        return vpc
    return f"{_VNI}{each.vni}" if isinstance(each, Event) and each.vni is not None else ""


def _peered(vpcs: Mapping[str, Sequence[Witness]], known: Interfaces) -> Mapping[str, Network]:
    """VPC → all VPCs that the connection crosses with it: where each has the only fitting partner in the other."""
    ends = {name: _ends(found, known) for name, found in vpcs.items()}
    fits = {
        name: [other for other in vpcs if other != name and _fit(ends[name], ends[other]) and _meet(found, vpcs[other])]
        for name, found in vpcs.items()
    }
    made = {name: frozenset({name}) for name in vpcs}
    for name, others in fits.items():
        if len(others) == 1 and fits[others[0]] == [name]:
            made[name] = frozenset({name, others[0]})
    # What lies between, such as the VPC of a firewall, is of the one connection that there is.
    through = [name for name in vpcs if ends[name] == _ONLY_BETWEEN]
    rest = {made[name] for name in vpcs if name not in through}
    if through and len(rest) == 1:
        return dict.fromkeys(vpcs, next(iter(rest)) | frozenset(through))
    return made


def _ends(found: Sequence[Witness], known: Interfaces) -> frozenset[str] | None:
    """The ends at which a VPC has interfaces; None where one is not known."""
    sides: dict[str, str | None] = {}
    for each in found:
        if isinstance(each, Record) and sides.get(each.place) is None:  # not every format has the direction
            sides[each.place] = side(each, known)
    if not sides or None in sides.values():
        return None
    return frozenset(each for each in sides.values() if each) or _ONLY_BETWEEN


def _fit(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return bool(one and other and not one & other and _BETWEEN not in one | other)


def _meet(some: Sequence[Witness], others: Sequence[Witness]) -> bool:
    return any(each.start < other.end + SKEW and other.start < each.end + SKEW for each in some for other in others)


def _met(each: Witness, name: str, placed: Mapping[str, Sequence[tuple[Network, Sequence[Witness]]]]) -> Network:
    """Of a document without a VPC: the one network that it meets; its VNI; nowhere."""
    for kind in ("vpc", "vni")[: 1 if name else 2]:
        for away in (SKEW, IDLE):
            near = {network for network, found in placed[kind] if _away(each, found) <= away}
            if len(near) == 1:
                return next(iter(near))
            if near:
                return frozenset({name}) if name else NOWHERE
    return frozenset({name}) if name else NOWHERE


def _away(each: Witness, found: Sequence[Witness]) -> timedelta:
    """How long before or after those."""
    return min(max(each.start - other.end, other.start - each.end) for other in found)
