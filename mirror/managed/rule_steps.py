"""The steps from a filter's rules to those it should have, by direction and number. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from mirror.managed.model import Rule
from mirror.managed.ownership import NAME, PLAN, specification
from mirror.managed.step import IDS, Ref, Step

_PORTS: Final = (("SourcePortRange", "source_ports"), ("DestinationPortRange", "destination_ports"))
_REMOVABLE: Final = {"SourcePortRange": "source-port-range", "DestinationPortRange": "destination-port-range"}


def rule_steps(plan: str, owner: str, wanted: Sequence[Rule], there: Sequence[Rule]) -> Iterator[Step]:
    """What goes, what changes, what comes: never more than ten rules at a time."""
    by_place = {rule.place: rule for rule in wanted}
    standing = {rule.place: rule for rule in there}
    for place, rule in standing.items():
        if place not in by_place:
            asked = {"TrafficMirrorFilterRuleId": rule.id}
            yield Step(
                "-", "rule", _name(owner, rule), "DeleteTrafficMirrorFilterRule", asked, "the file has no such rule"
            )
    for place, rule in standing.items():
        wish = by_place.get(place)
        if wish is not None and replace(rule, id="") != wish:
            yield _change(owner, rule, wish)
    needs: dict[str, Ref] = {IDS["filter"]: ("filter", owner)}
    for place, wish in by_place.items():
        if place not in standing:
            tags = specification("traffic-mirror-filter-rule", {PLAN: plan, NAME: owner})
            asked = _asked(wish) | {"TagSpecifications": tags}
            yield Step("+", "rule", _name(owner, wish), "CreateTrafficMirrorFilterRule", asked, _said(wish), needs)


def _change(owner: str, rule: Rule, wish: Rule) -> Step:
    asked = _asked(wish) | {"TrafficMirrorFilterRuleId": rule.id}
    gone = [_REMOVABLE[name] for name, own in _PORTS if getattr(rule, own) and not getattr(wish, own)]
    gone += ["protocol"] if rule.protocol and not wish.protocol else []
    gone += ["description"] if rule.description and not wish.description else []
    asked |= {"RemoveFields": gone} if gone else {}
    why = f"{_said(rule)} → {_said(wish)}"
    return Step("~", "rule", _name(owner, rule), "ModifyTrafficMirrorFilterRule", asked, why)


def _asked(rule: Rule) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "TrafficDirection": rule.direction,
        "RuleNumber": rule.number,
        "RuleAction": rule.action,
        "SourceCidrBlock": rule.source,
        "DestinationCidrBlock": rule.destination,
    }
    asked |= {"Protocol": rule.protocol} if rule.protocol else {}
    asked |= {"Description": rule.description} if rule.description else {}
    for name, own in _PORTS:
        if (ports := getattr(rule, own)) is not None:
            asked[name] = {"FromPort": ports[0], "ToPort": ports[1]}
    return asked


def _name(owner: str, rule: Rule) -> str:
    return f"{owner}/{rule.direction}-{rule.number}"


def _said(rule: Rule) -> str:
    ports = [f"{word} {ports[0]}-{ports[1]}" for word, ports in _pairs(rule) if ports]
    protocol = f"protocol {rule.protocol}" if rule.protocol else "all"
    return " ".join((rule.action, protocol, f"{rule.source} → {rule.destination}", *ports))


def _pairs(rule: Rule) -> tuple[tuple[str, tuple[int, int] | None], ...]:
    return ("from ports", rule.source_ports), ("to ports", rule.destination_ports)
