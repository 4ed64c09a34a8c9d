"""What one check found: the gate, what became of the packet there, and the rules that decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Of a check, and of all checks together."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNDECIDED = "undecided"
    UNASKED = "does not apply"


class Gate(StrEnum):
    """What checks packets at an interface."""

    GROUPS = "security groups"
    ACL = "network ACL"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is told. `number` is a network ACL's."""

    id: str
    owner: str
    says: str
    description: str = ""
    number: int | None = None

    def __str__(self) -> str:
        return f"{self.owner} {self.id}: {self.says}" + (f" ({self.description})" if self.description else "")


@dataclass(frozen=True, slots=True)
class Check:
    """`egress`: out of the interface. `answers`: this is the way back. `rules` decided; `near` are those that fit all
    but one thing, where none did.
    """

    gate: Gate
    egress: bool
    answers: bool
    outcome: Outcome
    why: str
    rules: tuple[Rule, ...] = ()
    near: tuple[Rule, ...] = ()

    @property
    def way(self) -> str:
        """Which way through which gate."""
        return f"{self.gate} {'out' if self.egress else 'in'}, {'answer' if self.answers else 'request'}"


def together(checks: Sequence[Check]) -> Outcome:
    """All must allow; one that refuses is enough."""
    outcomes = {check.outcome for check in checks} - {Outcome.UNASKED}
    for worst in (Outcome.REFUSED, Outcome.UNDECIDED):
        if worst in outcomes:
            return worst
    return Outcome.ALLOWED
