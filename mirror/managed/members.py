"""Who stands behind load balancers that are mirror targets: analysers, which are never mirrored themselves."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

from aws.balancer import Balancer
from aws.ec2 import Ec2
from aws.errors import AwsGone, AwsRefused
from mirror.managed.desired import TargetWish
from mirror.managed.model import Observed

Members = Callable[[str], Iterable[str]]
"""Instances and addresses by a load balancer's ARN. Raises AwsGone where it is not there, as one of another account."""

NETWORK: Final = "network-load-balancer"
GATEWAY: Final = "gateway-load-balancer-endpoint"


def with_members(observed: Observed, ec2: Ec2, members: Members, wished: Iterable[TargetWish] = ()) -> Observed:
    """With the analysers behind every load balancer that is a target, or is to be one, as far as they can be seen.

    What cannot be seen, as another account's, is among the doubts. Raises AwsError where AWS cannot be reached.
    """
    found: set[str] = set()
    seen: set[str] = set()
    doubts: list[str] = []
    targets = {(each.ref, each.kind) for each in observed.targets} | {(each.ref, each.kind) for each in wished}
    for ref, kind in sorted(targets):
        if kind not in {NETWORK, GATEWAY}:
            continue
        try:
            for balancer in (ref,) if kind == NETWORK else _balancers(ec2, ref):
                found.update(_analysers(observed, frozenset(members(balancer))))
        except (AwsGone, AwsRefused) as error:
            why = str(error).removeprefix(f"{ref}: ")
            doubts.append(f"who stands behind {ref} cannot be seen, and might be mirrored to itself: {why}")
        else:
            seen.add(ref)
    return replace(
        observed,
        analysers=observed.analysers | found,
        looked_behind=frozenset(seen),
        doubts=(*observed.doubts, *doubts),
    )


def with_balancers(observed: Observed, wished: Iterable[TargetWish], described: Callable[[str], Balancer]) -> Observed:
    """With how the wished network load balancers are set up, as far as they can be seen. Raises AwsError."""
    standing = {each.id: each.ref for each in observed.targets if each.kind == NETWORK}
    found: dict[str, Balancer] = {}
    for arn in {each.load_balancer or standing.get(each.target_id, "") for each in wished} - {""}:
        with suppress(AwsGone, AwsRefused):
            found[arn] = described(arn)
    return replace(observed, balancers=found)


def _balancers(ec2: Ec2, endpoint: str) -> Iterator[str]:
    """The load balancers that an endpoint leads to. Only their own account may ask for its endpoint services.

    Amazon EC2 API Reference, "DescribeVpcEndpoints", "DescribeVpcEndpointServiceConfigurations".
    """
    by_id = [{"Name": "vpc-endpoint-id", "Values": [endpoint]}]
    names = [each["ServiceName"] for each in ec2.listed("DescribeVpcEndpoints", "VpcEndpoints", Filters=by_id)]
    if not names:
        raise AwsGone("there is no such endpoint here")
    by_name = [{"Name": "service-name", "Values": names}]
    services = [*ec2.listed("DescribeVpcEndpointServiceConfigurations", "ServiceConfigurations", Filters=by_name)]
    if not services:
        raise AwsGone(f"{names[0]} is another account's")
    for each in services:
        yield from each.get("GatewayLoadBalancerArns", ())


def _analysers(observed: Observed, members: frozenset[str]) -> Iterator[str]:
    """Instances, and the interfaces that have the addresses."""
    for interface in observed.interfaces.values():
        if interface.instance in members:
            yield interface.instance
        if members & {*interface.addresses, interface.address}:
            yield interface.eni
