"""Amazon EC2: the rules of a network as they are now, in EC2's own words. A thin client that changes nothing.

In: interfaces and addresses, or VPCs. Out: the answers put together as one mapping, ready for JSON.
Raises the errors of `aws.errors`, told apart by code. Amazon EC2 API Reference: "DescribeNetworkInterfaces",
"DescribeSecurityGroups", "DescribeSecurityGroupRules", "DescribeNetworkAcls", "DescribeSubnets", "DescribeRouteTables",
"DescribeManagedPrefixLists", "GetManagedPrefixListEntries".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any, Final

import boto3
from botocore import exceptions as theirs
from botocore.config import Config

from aws.calls import NETWORK, Recorder, recorded
from aws.errors import AwsDenied, AwsError
from aws.session import AwsOptions, now, open_session
from aws.trouble import calling, translated, translating

Found = list[Mapping[str, Any]]

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 4})
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_MOST_VALUES: Final = 200
"""Of one filter (Amazon EC2 API Reference, "Filter")."""
_INTERFACES, _RULES, _ACLS, _GROUPS, _SUBNETS, _TABLES, _LISTS, _ENTRIES = NETWORK
_NEEDED = frozenset({_INTERFACES, _RULES, _ACLS})
# permission → (what a client's paginator is called, where its answers stand)
_CALLS: Final = {
    _INTERFACES: ("describe_network_interfaces", "NetworkInterfaces"),
    _RULES: ("describe_security_group_rules", "SecurityGroupRules"),
    _ACLS: ("describe_network_acls", "NetworkAcls"),
    _GROUPS: ("describe_security_groups", "SecurityGroups"),
    _SUBNETS: ("describe_subnets", "Subnets"),
    _TABLES: ("describe_route_tables", "RouteTables"),
    _LISTS: ("describe_managed_prefix_lists", "PrefixLists"),
    _ENTRIES: ("get_managed_prefix_list_entries", "Entries"),
}


class Ec2Network:
    """Reads networks of one account and region."""

    def __init__(self, options: AwsOptions, record: Recorder = recorded, clock: Callable[[], datetime] = now) -> None:
        """Raises AwsError where options lead to nothing."""
        session: boto3.Session = open_session(options)
        with translating():
            self._client: Any = session.client("ec2", endpoint_url=options.endpoint_url or None, config=_CONFIG)
        self._record = record
        self._clock = clock
        self._unread: set[str] = set()

    def around(self, interfaces: Iterable[str], addresses: Iterable[str]) -> Mapping[str, Any]:
        """What decides about traffic of these interfaces with these addresses."""
        found = self._all(_INTERFACES, "network-interface-id", interfaces)
        groups = _carried(found)
        rules = self._all(_RULES, "group-id", groups)
        referenced = _referenced(rules)
        # Who has the far address matters where a rule refers to a group, and where the interface itself is gone.
        peers = self._having(addresses) if referenced or not found else []
        vpcs, subnets = ({each[name] for each in found if each.get(name)} for name in ("VpcId", "SubnetId"))
        return self._snapshot(
            whole=False,
            NetworkInterfaces=_each_once([*found, *peers]),
            SecurityGroupRules=rules,
            SecurityGroups=self._all(_GROUPS, "group-id", groups | referenced),
            NetworkAcls=self._all(_ACLS, "association.subnet-id", subnets),
            Subnets=self._all(_SUBNETS, "vpc-id", vpcs),
            RouteTables=self._all(_TABLES, "vpc-id", vpcs),
        )

    def carrying(self, groups: Iterable[str]) -> Mapping[str, Any]:
        """The interfaces that carry any of these groups, their rules, and whom those refer to; else everything."""
        if not groups:
            return self.everything()
        found = self._all(_INTERFACES, "group-id", groups)
        carried = _carried(found) | set(groups)
        rules = self._all(_RULES, "group-id", carried)
        members = self._all(_INTERFACES, "group-id", _referenced(rules) - set(groups))
        vpcs = {each["VpcId"] for each in found if each.get("VpcId")}
        return self._snapshot(
            whole=False,
            NetworkInterfaces=_each_once([*found, *members]),
            SecurityGroupRules=rules,
            SecurityGroups=self._all(_GROUPS, "group-id", carried | _referenced(rules)),
            NetworkAcls=[],
            Subnets=self._all(_SUBNETS, "vpc-id", vpcs),
            RouteTables=[],
        )

    def everything(self, vpcs: Sequence[str] = ()) -> Mapping[str, Any]:
        """All of these VPCs; of the region where none are named."""
        groups, interfaces = self._wide(_GROUPS, vpcs), self._wide(_INTERFACES, vpcs)
        ids = {each["GroupId"] for each in groups} | _carried(interfaces)  # rules cannot be asked for by VPC
        return self._snapshot(
            whole=True,
            NetworkInterfaces=interfaces,
            SecurityGroups=groups,
            SecurityGroupRules=self._all(_RULES, "group-id", ids) if vpcs else self._pages(_RULES),
            NetworkAcls=self._wide(_ACLS, vpcs),
            Subnets=self._wide(_SUBNETS, vpcs),
            RouteTables=self._wide(_TABLES, vpcs),
        )

    def _having(self, addresses: Iterable[str]) -> Found:
        v4, v6 = ([each for each in addresses if (":" in each) is wanted] for wanted in (False, True))
        return [
            *self._all(_INTERFACES, "addresses.private-ip-address", v4),
            *self._all(_INTERFACES, "ipv6-addresses.ipv6-address", v6),
        ]

    def _snapshot(self, *, whole: bool, **found: Found) -> Mapping[str, Any]:
        lists = {each["PrefixListId"] for each in found["SecurityGroupRules"] if each.get("PrefixListId")}
        routes = chain.from_iterable(each.get("Routes", ()) for each in found["RouteTables"])
        lists |= {each["DestinationPrefixListId"] for each in routes if each.get("DestinationPrefixListId")}
        return {
            "TakenAt": self._clock().isoformat(timespec="seconds"),
            "Region": self._client.meta.region_name,
            "Whole": whole,
            **found,
            "PrefixLists": self._lists(lists),
            "Unread": sorted(self._unread),
        }

    def _lists(self, names: set[str]) -> Found:
        named = {each["PrefixListId"]: each for each in self._all(_LISTS, "prefix-list-id", names)}
        found: Found = []
        for name in sorted(names):
            entries = self._pages(_ENTRIES, PrefixListId=name)
            read = {} if _ENTRIES in self._unread else {"Entries": entries}
            found.append({"PrefixListId": name, **named.get(name, {}), **read})
        return found

    def _wide(self, action: str, vpcs: Sequence[str]) -> Found:
        return self._all(action, "vpc-id", vpcs) if vpcs else self._pages(action)

    def _all(self, action: str, name: str, values: Iterable[str]) -> Found:
        """What has any of these values; nothing for none."""
        wanted = sorted(set(values))
        pieces = [wanted[begin : begin + _MOST_VALUES] for begin in range(0, len(wanted), _MOST_VALUES)]
        return [each for piece in pieces for each in self._pages(action, Filters=[{"Name": name, "Values": piece}])]

    def _pages(self, action: str, **asked: Any) -> Found:
        """Page by page. What is not permitted, and can be done without, is noted."""
        call, where = _CALLS[action]
        self._record(action, "*")
        try:
            with calling("EC2", partial(_answered, action)):
                pages = self._client.get_paginator(call).paginate(**asked)
                return [each for page in pages for each in page.get(where, ())]
        except AwsDenied:
            if action in _NEEDED:
                raise
            self._unread.add(action)
            return []


def _answered(action: str, error: theirs.ClientError) -> AwsError:
    told = error.response.get("Error", {})
    if told.get("Code", "") in _DENIED:
        return AwsDenied(f"EC2: {told['Code']}: {told.get('Message', '')}. It takes {action}")
    return translated(error)


def _each_once(interfaces: Found) -> Found:
    return list({each["NetworkInterfaceId"]: each for each in interfaces}.values())


def _carried(interfaces: Found) -> set[str]:
    return {group["GroupId"] for each in interfaces for group in each.get("Groups", ())}


def _referenced(rules: Found) -> set[str]:
    references = (each.get("ReferencedGroupInfo") or {} for each in rules)
    return {each["GroupId"] for each in references if each.get("GroupId")}
