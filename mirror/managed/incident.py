"""Mirroring one machine for a while, without a file: wishes made of an id or an address. Pure."""

from collections.abc import Iterable
from ipaddress import ip_address

from mirror.errors import BadDesired
from mirror.managed.desired import INCIDENTS, START, Desired, FilterWish, PolicyWish, Selector, TargetWish
from mirror.managed.model import Observed, Target

POLICY = "incident"


def interfaces_of(observed: Observed, *, instance: str = "", address: str = "", eni: str = "") -> tuple[str, ...]:
    """The interfaces that are meant. Raises BadDesired where there are none."""
    wanted = ip_address(address) if address else None
    found = tuple(
        each.eni
        for each in observed.interfaces.values()
        if (instance and each.instance == instance)
        or (eni and each.eni == eni)
        or (wanted is not None and wanted in {ip_address(own) for own in each.addresses if own})
    )
    if not found:
        raise BadDesired(f"no network interface of {instance or address or eni} is in {observed.region}")
    return found


def target_of(targets: Iterable[Target], given: str) -> str:
    """The target to mirror to: the given one, or the only one there is. Raises BadDesired."""
    there = sorted(each.id for each in targets)
    if given:
        return given
    if len(there) == 1:
        return there[0]
    listed = f"choose one with --target: {', '.join(there)}" if there else "make one with `shipper mirror apply` first"
    raise BadDesired(f"there are {len(there)} mirror targets; {listed}")


def incident(interfaces: tuple[str, ...], target: str, preset: str = "everything") -> Desired:
    """Mirror these, by a filter of our own. What runs for others goes on: sessions with an end are left until then."""
    policy = PolicyWish(
        targets=("target",), filter=preset, select=Selector(interfaces=interfaces), first_number=INCIDENTS
    )
    filters = {preset: FilterWish.model_validate({"preset": preset, "amazon_dns": True})}
    return Desired(
        plan=START, targets={"target": TargetWish(target_id=target)}, filters=filters, sessions={POLICY: policy}
    )


def nothing() -> Desired:
    """What is wanted when only what has ended is to go."""
    return Desired(plan=START)
