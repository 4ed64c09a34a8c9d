"""Who stands behind load balancers that are mirror targets: analysers, which are never mirrored themselves."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from aws.errors import AwsGone
from mirror.managed.model import Observed


def with_members(observed: Observed, members: Callable[[str], Iterable[str]]) -> Observed:
    """With the analysers behind every network load balancer that is a target, as far as they can be seen.

    `members` gives instances and addresses by a load balancer's ARN and raises AwsGone where it is not there, as one of
    another account. Who is behind an endpoint of a gateway load balancer is not looked up. Raises AwsError.
    """
    found: set[str] = set()
    seen: set[str] = set()
    for target in observed.targets:
        if target.kind != "network-load-balancer":
            continue
        try:
            found.update(_analysers(observed, frozenset(members(target.ref))))
        except AwsGone:
            continue
        seen.add(target.ref)
    return replace(observed, analysers=observed.analysers | found, looked_behind=frozenset(seen))


def _analysers(observed: Observed, members: frozenset[str]) -> Iterator[str]:
    """Instances, and the interfaces that have the addresses."""
    for interface in observed.interfaces.values():
        if interface.instance in members:
            yield interface.instance
        if members & {*interface.addresses, interface.address}:
            yield interface.eni
