"""Traffic mirror targets, filters and their rules, as AWS documents them. Rules: `aws.mirror_rules`."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from aws.endpoint.describe import with_rules
from aws.endpoint.fault import Fault, broken
from aws.endpoint.tagging import asked_tags
from aws.endpoint.world import ENDPOINT, FILTER, INTERFACE, RULE, SESSION, TARGET, Document, World

_TARGETS = {
    "NetworkInterfaceId": "network-interface",
    "NetworkLoadBalancerArn": "network-load-balancer",
    "GatewayLoadBalancerEndpointId": "gateway-load-balancer-endpoint",
}
_RULE_FIELDS = {
    "destination-port-range": "DestinationPortRange",
    "source-port-range": "SourcePortRange",
    "protocol": "Protocol",
    "description": "Description",
}
_CHOICES = {"TrafficDirection": ("ingress", "egress"), "RuleAction": ("accept", "reject")}
_PORTS = ("SourcePortRange", "DestinationPortRange")


def create_target(world: World, asked: Mapping[str, Any]) -> Document:
    """CreateTrafficMirrorTarget."""
    given = [name for name in _TARGETS if name in asked]
    if len(given) != 1:
        raise broken("InvalidParameterCombination", "one-target")
    if "NetworkInterfaceId" in asked:
        world.get(INTERFACE, asked["NetworkInterfaceId"])
        if any(session["NetworkInterfaceId"] == asked["NetworkInterfaceId"] for session in world.all(SESSION)):
            raise broken("InvalidParameterValue", "not-both", asked["NetworkInterfaceId"])
    if "GatewayLoadBalancerEndpointId" in asked:
        world.get(ENDPOINT, asked["GatewayLoadBalancerEndpointId"])
    if len(world.kinds[TARGET]) >= world.limits.targets:
        raise broken("TrafficMirrorTargetLimitExceeded", "targets")
    tags = asked_tags(asked, TARGET)
    identity = world.new_id(TARGET)
    made = {
        "TrafficMirrorTargetId": identity,
        **{name: asked[name] for name in (*given, "Description") if name in asked},
        "Type": _TARGETS[given[0]],
        "OwnerId": world.account,
        "Tags": tags,
    }
    world.add(TARGET, identity, made)
    return {"TrafficMirrorTarget": made}


def delete_target(world: World, asked: Mapping[str, Any]) -> Document:
    """DeleteTrafficMirrorTarget."""
    identity = asked["TrafficMirrorTargetId"]
    world.get(TARGET, identity)
    if any(session["TrafficMirrorTargetId"] == identity for session in world.all(SESSION)):
        raise broken("TrafficMirrorTargetInUseException", "target-in-use", identity)
    world.remove(TARGET, identity)
    return {"TrafficMirrorTargetId": identity}


def create_filter(world: World, asked: Mapping[str, Any]) -> Document:
    """CreateTrafficMirrorFilter: one without rules."""
    if len(world.kinds[FILTER]) >= world.limits.filters:
        raise broken("TrafficMirrorFilterLimitExceeded", "filters")
    tags = asked_tags(asked, FILTER)
    identity = world.new_id(FILTER)
    described = {"Description": asked["Description"]} if "Description" in asked else {}
    world.add(FILTER, identity, {"TrafficMirrorFilterId": identity, "NetworkServices": [], "Tags": tags, **described})
    return {"TrafficMirrorFilter": with_rules(world, world.kinds[FILTER][identity])}


def delete_filter(world: World, asked: Mapping[str, Any]) -> Document:
    """DeleteTrafficMirrorFilter: its rules go along."""
    identity = asked["TrafficMirrorFilterId"]
    world.get(FILTER, identity)
    if any(session["TrafficMirrorFilterId"] == identity for session in world.all(SESSION)):
        raise broken("TrafficMirrorFilterInUse", "filter-in-use", identity)
    for rule in [rule for rule in world.all(RULE) if rule["TrafficMirrorFilterId"] == identity]:
        world.remove(RULE, rule["TrafficMirrorFilterRuleId"])
    world.remove(FILTER, identity)
    return {"TrafficMirrorFilterId": identity}


def modify_services(world: World, asked: Mapping[str, Any]) -> Document:
    """ModifyTrafficMirrorFilterNetworkServices."""
    document = world.get(FILTER, asked["TrafficMirrorFilterId"])
    added, removed = set(asked.get("AddNetworkServices", ())), set(asked.get("RemoveNetworkServices", ()))
    if strange := (added | removed) - {"amazon-dns"}:
        raise broken("InvalidParameterValue", "network-services", min(strange))
    document["NetworkServices"] = sorted((set(document["NetworkServices"]) | added) - removed)
    return {"TrafficMirrorFilter": with_rules(world, document)}


def create_rule(world: World, asked: Mapping[str, Any]) -> Document:
    """CreateTrafficMirrorFilterRule."""
    owner = asked["TrafficMirrorFilterId"]
    world.get(FILTER, owner)
    if sum(rule["TrafficMirrorFilterId"] == owner for rule in world.all(RULE)) >= world.limits.rules_per_filter:
        raise broken("TrafficMirrorFilterRuleLimitExceeded", "rules-per-filter", owner)
    left_out = {"ClientToken", "TagSpecifications", "DryRun"}
    made = {name: value for name, value in asked.items() if name not in left_out}
    _check_rule(world, made, "")
    _check_ports(asked)
    identity = world.new_id(RULE)
    made |= {"TrafficMirrorFilterRuleId": identity, "Tags": asked_tags(asked, RULE)}
    world.add(RULE, identity, made)
    return {"TrafficMirrorFilterRule": made}


def modify_rule(world: World, asked: Mapping[str, Any]) -> Document:
    """ModifyTrafficMirrorFilterRule: what is named changes, RemoveFields take away."""
    identity = asked["TrafficMirrorFilterRuleId"]
    document = world.get(RULE, identity)
    removed = asked.get("RemoveFields", ())
    if strange := set(removed) - _RULE_FIELDS.keys():
        raise Fault("InvalidParameterValue", f"RemoveFields: {min(strange)}")
    changed = {name: value for name, value in asked.items() if name not in {"RemoveFields", "DryRun"}}
    _check_ports(changed)
    gone = {_RULE_FIELDS[name] for name in removed}
    new = {name: value for name, value in (document | changed).items() if name not in gone}
    _check_rule(world, new, identity)
    document.clear()
    document.update(new)
    return {"TrafficMirrorFilterRule": document}


def delete_rule(world: World, asked: Mapping[str, Any]) -> Document:
    """DeleteTrafficMirrorFilterRule."""
    identity = asked["TrafficMirrorFilterRuleId"]
    world.get(RULE, identity)
    world.remove(RULE, identity)
    return {"TrafficMirrorFilterRuleId": identity}


def _check_rule(world: World, rule: Mapping[str, Any], own: str) -> None:
    for name, allowed in _CHOICES.items():
        if rule[name] not in allowed:
            raise Fault("InvalidParameterValue", f"{name}: {rule[name]}")
    if not 1 <= rule["RuleNumber"] <= 32766:  # a guess: no page tells the range
        raise Fault("InvalidParameterValue", f"RuleNumber: {rule['RuleNumber']}")
    if _family(rule["SourceCidrBlock"]) != _family(rule["DestinationCidrBlock"]):
        raise broken("InvalidParameterValue", "one-family")
    where = ("TrafficMirrorFilterId", "TrafficDirection", "RuleNumber")
    for other in world.all(RULE):
        if other["TrafficMirrorFilterRuleId"] != own and all(other[name] == rule[name] for name in where):
            raise broken("TrafficMirrorFilterRuleAlreadyExists", "rule-number-once", f"rule {rule['RuleNumber']}")


def _check_ports(asked: Mapping[str, Any]) -> None:
    """Terraform's AWS provider sends the protocol along with every port range, since AWS refuses one without."""
    if any(name in asked for name in _PORTS) and asked.get("Protocol") not in {6, 17}:
        raise broken("InvalidParameterValue", "ports-need-protocol")
    for name in _PORTS:
        ports = asked.get(name)
        if ports and not 0 <= ports.get("FromPort", 0) <= ports.get("ToPort", 65535) <= 65535:
            raise Fault("InvalidParameterValue", f"{name}: {ports}")


def _family(cidr: str) -> int:
    try:
        return ip_network(cidr, strict=False).version
    except ValueError:
        raise Fault("InvalidParameterValue", f"Invalid CIDR block: {cidr}") from None
