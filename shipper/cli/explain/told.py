"""How an explanation reads: for people, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shipper.access.check import Check, Outcome, Rule
from shipper.access.explain import Explanation
from shipper.access.network import Network
from shipper.cli.output import write_lines, write_table
from shipper.views.seen_flows import SeenFlow

_COLUMNS = {"check": "left", "outcome": "left", "by": "left", "why": "left"}


def tell(network: Network, flow: SeenFlow, found: Explanation, above: Sequence[Explanation]) -> None:
    """Verdict first, then each check in the order it is passed. `above`: those told before, not told again."""
    seen, packet = found.seen, found.seen.packet
    way = f"{packet.source} → {packet.destination} {found.request.service}"
    answer = "" if seen.from_client else ", the answer"
    name = f" ({found.interface.name})" if found.interface and found.interface.name else ""
    counts = f"{_count(flow.records, 'record')}, {_count(flow.packets, 'packet')}"
    write_lines(
        f"{seen.action.upper() or 'no action'} at {seen.interface}{name}: {way}{answer}",
        f"{counts}, {flow.first:%Y-%m-%d %H:%M:%S} to {flow.last:%H:%M:%S} UTC",
        *_verdict(network, found),
    )
    if found.checks and any(_same(found, each) for each in above):
        write_lines("Checks: those above", "")
        return
    if found.checks:
        rows = [(each.way, str(each.outcome), _ids(each.rules) or "-", each.why) for each in found.checks]
        write_table("Checks, in the order they are passed", _COLUMNS, rows)
    write_lines(*_details(found), "")


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _same(one: Explanation, other: Explanation) -> bool:
    """As request and answer of a connection are at one interface."""
    return (one.interface, one.checks, one.route, one.reasons, one.unknown) == (
        other.interface, other.checks, other.route, other.reasons, other.unknown
    )  # fmt: skip


def _verdict(network: Network, found: Explanation) -> Iterator[str]:
    rules = f"the rules of {network.snapshot.taken_at:%Y-%m-%d %H:%M} UTC"
    if not found.checks:
        yield f"By {rules}: not known"
        return
    decisive = found.decisive
    by = f": {decisive.gate}, {decisive.why}" if decisive else ""
    agrees = {True: "as recorded", False: "NOT as recorded", None: "not to be compared"}[found.agrees]
    yield f"By {rules}: {found.now}, {agrees}{by}"
    if found.seen.from_client and found.now is Outcome.ALLOWED and found.answer is not Outcome.ALLOWED:
        back = next(each for each in found.checks if each.answers and each.outcome is found.answer)
        yield f"But its answer: {found.answer}: {back.gate}, {back.why}"


def _details(found: Explanation) -> Iterator[str]:
    for each in found.checks:
        for rule in each.rules if each.outcome in {Outcome.ALLOWED, Outcome.UNDECIDED} and len(each.rules) > 1 else ():
            yield f"  {each.way}: {rule}"
        for rule in each.near:
            yield f"  nearest: {rule}"
    if found.route:
        yield f"  route: {found.route}"
    for reason in found.reasons:
        yield f"  perhaps: {reason}"
    for unknown in found.unknown:
        yield f"  not known: {unknown}"


def _ids(rules: Sequence[Rule]) -> str:
    return ", ".join(each.id if each.number is None else f"rule {each.id}" for each in rules)


def as_json(network: Network, flow: SeenFlow, found: Explanation) -> Mapping[str, Any]:
    """The same for machines."""
    seen, packet = found.seen, found.seen.packet
    return {
        "interface": seen.interface,
        "name": found.interface.name if found.interface else None,
        "source": str(packet.source),
        "destination": str(packet.destination),
        "protocol": packet.protocol,
        "source_port": packet.source_port,
        "destination_port": packet.destination_port,
        "direction": "out" if found.egress == seen.from_client else "in",
        "answer": not seen.from_client,
        "recorded": seen.action,
        "reject_reason": seen.reason or None,
        "records": flow.records,
        "packets": flow.packets,
        "begin": flow.first.isoformat(),
        "end": flow.last.isoformat(),
        "ids": flow.ids,
        "rules_read_at": network.snapshot.taken_at.isoformat(),
        "now": found.now,
        "answer_now": found.answer,
        "agrees": found.agrees,
        "checks": [_check(each) for each in found.checks],
        "route": found.route or None,
        "reasons": list(found.reasons),
        "unknown": list(found.unknown),
    }


def _check(check: Check) -> Mapping[str, Any]:
    return {
        "gate": check.gate,
        "direction": "out" if check.egress else "in",
        "answer": check.answers,
        "outcome": check.outcome,
        "why": check.why,
        "rules": [_rule(each) for each in check.rules],
        "near": [_rule(each) for each in check.near],
    }


def _rule(rule: Rule) -> Mapping[str, Any]:
    return {
        "id": rule.id,
        "of": rule.owner,
        "says": rule.says,
        "description": rule.description or None,
        "number": rule.number,
    }
