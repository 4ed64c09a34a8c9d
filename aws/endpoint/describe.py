"""The describe calls: ids, filters, pages. One row a call; names of filters as its API page lists them.

Amazon EC2 API Reference, one page a call ("DescribeTrafficMirrorSessions", "DescribeInstances", …), "Filters".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from aws.endpoint import world as there
from aws.endpoint.fault import Fault, broken
from aws.endpoint.world import Document, World, tags_key


@dataclass(frozen=True, slots=True)
class Listing:
    """What a describe call lists; `filters` maps names to paths into a document, lists being gone through."""

    kind: str
    reply: str
    ids: str
    filters: Mapping[str, str]
    tagged: bool = True
    """Whether tag:KEY and tag-key are among its filters."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Parameters of their own that work as a filter does."""


_MIRROR = dict.fromkeys(("description",), "Description")
LISTINGS: Final[Mapping[str, Listing]] = {
    "DescribeTrafficMirrorTargets": Listing(
        there.TARGET, "TrafficMirrorTargets", "TrafficMirrorTargetIds",
        _MIRROR | {"network-interface-id": "NetworkInterfaceId", "network-load-balancer-arn": "NetworkLoadBalancerArn",
                   "owner-id": "OwnerId", "traffic-mirror-target-id": "TrafficMirrorTargetId"},
        tagged=False,
    ),
    "DescribeTrafficMirrorFilters": Listing(
        there.FILTER, "TrafficMirrorFilters", "TrafficMirrorFilterIds",
        _MIRROR | {"traffic-mirror-filter-id": "TrafficMirrorFilterId"},
        tagged=False,
    ),
    "DescribeTrafficMirrorFilterRules": Listing(
        there.RULE, "TrafficMirrorFilterRules", "TrafficMirrorFilterRuleIds",
        _MIRROR | {"traffic-mirror-filter-rule-id": "TrafficMirrorFilterRuleId",
                   "traffic-mirror-filter-id": "TrafficMirrorFilterId", "rule-number": "RuleNumber",
                   "rule-action": "RuleAction", "traffic-direction": "TrafficDirection", "protocol": "Protocol",
                   "source-cidr-block": "SourceCidrBlock", "destination-cidr-block": "DestinationCidrBlock"},
        tagged=False, fixed={"TrafficMirrorFilterId": "TrafficMirrorFilterId"},
    ),
    "DescribeTrafficMirrorSessions": Listing(
        there.SESSION, "TrafficMirrorSessions", "TrafficMirrorSessionIds",
        _MIRROR | {"network-interface-id": "NetworkInterfaceId", "owner-id": "OwnerId", "packet-length": "PacketLength",
                   "session-number": "SessionNumber", "traffic-mirror-filter-id": "TrafficMirrorFilterId",
                   "traffic-mirror-session-id": "TrafficMirrorSessionId",
                   "traffic-mirror-target-id": "TrafficMirrorTargetId", "virtual-network-id": "VirtualNetworkId"},
        tagged=False,
    ),
    "DescribeInstances": Listing(
        there.INSTANCE, "Reservations", "InstanceIds",
        {"instance-id": "InstanceId", "instance-state-name": "State.Name", "instance-type": "InstanceType",
         "vpc-id": "VpcId", "subnet-id": "SubnetId", "private-ip-address": "PrivateIpAddress"},
    ),
    "DescribeNetworkInterfaces": Listing(
        there.INTERFACE, "NetworkInterfaces", "NetworkInterfaceIds",
        {"network-interface-id": "NetworkInterfaceId", "vpc-id": "VpcId", "subnet-id": "SubnetId",
         "interface-type": "InterfaceType", "attachment.instance-id": "Attachment.InstanceId",
         "private-ip-address": "PrivateIpAddress",
         "addresses.private-ip-address": "PrivateIpAddresses.PrivateIpAddress",
         "group-id": "Groups.GroupId", "description": "Description", "status": "Status"},
    ),
    "DescribeSubnets": Listing(
        there.SUBNET, "Subnets", "SubnetIds",
        {"subnet-id": "SubnetId", "vpc-id": "VpcId", "availability-zone": "AvailabilityZone"},
    ),
    "DescribeVpcs": Listing(there.VPC, "Vpcs", "VpcIds", {"vpc-id": "VpcId", "cidr": "CidrBlock"}),
    "DescribeSecurityGroups": Listing(
        there.GROUP, "SecurityGroups", "GroupIds",
        {"group-id": "GroupId", "group-name": "GroupName", "vpc-id": "VpcId"},
    ),
    "DescribeVpcEndpoints": Listing(
        there.ENDPOINT, "VpcEndpoints", "VpcEndpointIds",
        {"vpc-endpoint-id": "VpcEndpointId", "vpc-endpoint-type": "VpcEndpointType", "vpc-id": "VpcId"},
    ),
    "DescribeVpcEndpointServiceConfigurations": Listing(
        there.SERVICE, "ServiceConfigurations", "ServiceIds",
        {"service-name": "ServiceName", "service-id": "ServiceId", "service-state": "ServiceState"},
    ),
}  # fmt: skip


def describe(world: World, operation: str, asked: Mapping[str, Any]) -> Document:
    """One page of what a describe call lists."""
    listing = LISTINGS[operation]
    most = asked.get("MaxResults")
    if most is not None and not 5 <= most <= 1000:
        raise broken("InvalidParameterValue", "max-results", f"MaxResults {most}")
    for each in asked.get("Filters", ()):
        name = each.get("Name", "")
        if name not in listing.filters and not (listing.tagged and (name.startswith("tag:") or name == "tag-key")):
            raise broken("InvalidParameterValue", "known-filters", f"The filter '{name}' is invalid")
    wanted: list[str] | None = asked.get(listing.ids)
    if wanted and most is not None and operation == "DescribeInstances":
        raise Fault("InvalidParameterCombination", "The parameter instancesSet cannot be used with maxResults")
    found = {identity: document for identity, document in world.listed(listing.kind) if _fits(listing, document, asked)}
    if wanted:
        for identity in wanted:
            if identity not in dict(found):
                world.get(listing.kind, identity)  # says that it is not there, but where a filter hides it
        found = {identity: found[identity] for identity in wanted if identity in found}
    return _page(listing, found, asked.get("NextToken", ""), most or world.page)


def with_rules(world: World, document: Document) -> Document:
    """A filter with its rules, by direction and number."""
    own = sorted(
        (rule for rule in world.all(there.RULE) if rule["TrafficMirrorFilterId"] == document["TrafficMirrorFilterId"]),
        key=lambda rule: (rule["RuleNumber"], rule["TrafficMirrorFilterRuleId"]),
    )
    return document | {
        "IngressFilterRules": [rule for rule in own if rule["TrafficDirection"] == "ingress"],
        "EgressFilterRules": [rule for rule in own if rule["TrafficDirection"] == "egress"],
    }


def _page(listing: Listing, found: Mapping[str, Document], token: str, most: int) -> Document:
    names = [*found]
    try:
        begin = int(token.removeprefix("page-")) if token else 0
    except ValueError:
        raise Fault("InvalidNextToken", f"The token '{token}' is invalid") from None
    page = [found[name] for name in names[begin : begin + most]]
    shown = [{"ReservationId": "r-1", "Instances": page}] if listing.reply == "Reservations" and page else page
    more = {"NextToken": f"page-{begin + most}"} if begin + most < len(names) else {}
    return {listing.reply: shown, **more}


def _fits(listing: Listing, document: Document, asked: Mapping[str, Any]) -> bool:
    fixed = [
        {"Name": name, "Values": [asked[name]], "Path": path} for name, path in listing.fixed.items() if name in asked
    ]
    for wanted in [*fixed, *asked.get("Filters", ())]:
        values = _values(listing, document, wanted)
        if not any(fnmatchcase(value, pattern) for value in values for pattern in wanted.get("Values", ())):
            return False
    return True


def _values(listing: Listing, document: Document, wanted: Mapping[str, Any]) -> list[str]:
    name = str(wanted.get("Name", ""))
    tags = {tag["Key"]: tag.get("Value", "") for tag in document.get(tags_key(listing.kind), ())}
    if listing.tagged and name == "tag-key":
        return [*tags]
    if listing.tagged and name.startswith("tag:"):
        return [tags[name[4:]]] if name[4:] in tags else []
    path = str(wanted.get("Path") or listing.filters[name])
    return [str(value) for value in _at(document, path.split("."))]


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _at(each, path)
    elif not path:
        yield value
    elif path[0] in value:
        yield from _at(value[path[0]], path[1:])
