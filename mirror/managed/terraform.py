"""A desired state as Terraform's JSON syntax: for those who go on with Terraform. Pure.

Terraform AWS provider, resources `aws_ec2_traffic_mirror_target`, `_filter`, `_filter_rule`, `_session`. It holds the
interfaces of this moment: Terraform does not follow those that come and go.
"""

import re
from typing import Any, Final

from mirror.managed.desired import Desired, TargetWish
from mirror.managed.model import Observed, Rule
from mirror.managed.ownership import NAME, PLAN
from mirror.managed.placement import Placed, place

_TARGETS: Final = {
    "network-interface": "network_interface_id",
    "network-load-balancer": "network_load_balancer_arn",
    "gateway-load-balancer-endpoint": "gateway_load_balancer_endpoint_id",
}
_KIND: Final = "aws_ec2_traffic_mirror_"


def terraform(desired: Desired, observed: Observed) -> dict[str, Any]:
    """The content of a `.tf.json` file."""
    targets = {_label(name): _target(desired, name, wish) for name, wish in desired.targets.items() if wish.ref}
    filters = {
        _label(name): {"description": f"{desired.plan}/{name}", "tags": _tags(desired, name)}
        | ({"network_services": ["amazon-dns"]} if wish.amazon_dns else {})
        for name, wish in desired.filters.items()
    }
    rules = {
        _label(f"{name}-{rule.direction}-{rule.number}"): _rule(name, rule)
        for name, wish in desired.filters.items()
        for rule in wish.as_rules()
    }
    sessions = {_label("-".join(each.key)): _session(desired, each) for each in place(desired, observed).sessions}
    kinds = {"target": targets, "filter": filters, "filter_rule": rules, "session": sessions}
    return {"resource": {f"{_KIND}{kind}": made for kind, made in kinds.items() if made}}


def _target(desired: Desired, name: str, wish: TargetWish) -> dict[str, Any]:
    return {_TARGETS[wish.kind]: wish.ref, "description": f"{desired.plan}/{name}", "tags": _tags(desired, name)}


def _rule(name: str, rule: Rule) -> dict[str, Any]:
    made: dict[str, Any] = {
        "traffic_mirror_filter_id": _reference("filter", name),
        "traffic_direction": rule.direction,
        "rule_number": rule.number,
        "rule_action": rule.action,
        "source_cidr_block": rule.source,
        "destination_cidr_block": rule.destination,
    }
    made |= {"protocol": rule.protocol} if rule.protocol else {}
    made |= {"description": rule.description} if rule.description else {}
    for key, ports in (("source_port_range", rule.source_ports), ("destination_port_range", rule.destination_ports)):
        made |= {key: {"from_port": ports[0], "to_port": ports[1]}} if ports else {}
    return made


def _session(desired: Desired, placed: Placed) -> dict[str, Any]:
    elsewhere = desired.targets[placed.target].target_id
    return {
        "network_interface_id": placed.interface.eni,
        "traffic_mirror_target_id": elsewhere or _reference("target", placed.target),
        "traffic_mirror_filter_id": _reference("filter", placed.filter),
        "session_number": placed.number,
        "description": f"{desired.plan}/{placed.policy}",
        "tags": _tags(desired, placed.policy),
    } | ({"packet_length": placed.packet_length} if placed.packet_length else {})


def _reference(kind: str, name: str) -> str:
    return f"${{{_KIND}{kind}.{_label(name)}.id}}"


def _label(name: str) -> str:
    """A name as Terraform takes it: letters first, no dots."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    return safe if safe[:1].isalpha() else f"n-{safe}"


def _tags(desired: Desired, name: str) -> dict[str, str]:
    """Another owner than ours, or both would change it."""
    return {f"{PLAN}-terraform": desired.plan, NAME: name}
