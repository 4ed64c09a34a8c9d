"""What is done about which findings: the policy file, a TOML text, checked. Pure: text in, a frozen policy out.

Raises BadPolicy, which names the key.
"""

import re
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mirror.errors import BadPolicy
from mirror.managed.desired import Selector
from mirror.response.finding import Finding
from mirror.strict_toml import Strict, read_toml

_SPAN = re.compile(r"(\d{1,4})(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


_LEAST_STALE = timedelta(minutes=10)
"""Twice the time after which the queue hands out again what a killed watcher had in hands."""


def _span(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None or not int(match[1]):
        raise ValueError("say how long: 30m, 1h, 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


Span = Annotated[timedelta, BeforeValidator(_span)]
Pattern = Annotated[str, Field(pattern=r"^[A-Za-z0-9:/.!&_*?-]{1,250}$")]
Account = Annotated[str, Field(pattern=r"^\d{12}$")]


class PolicyRule(Strict):
    """Findings, and what becomes of them. A pattern of types may hold * and ?."""

    types: tuple[Pattern, ...] = ("*",)
    roles: tuple[Literal["ACTOR", "TARGET"], ...] = ("ACTOR", "TARGET")
    severity: float = Field(0.0, ge=0, le=10, strict=False)
    action: Literal["mirror", "ignore"] = "mirror"
    lasts: Span = Field(timedelta(hours=1), alias="for")
    preset: Literal["everything", "tls-and-dns"] = "everything"

    def fits(self, finding: Finding) -> bool:
        """Whether it is about this finding. One that names no role is of any."""
        return (
            finding.severity >= self.severity
            and (not finding.role or finding.role in self.roles)
            and any(fnmatchcase(finding.type, pattern) for pattern in self.types)
        )


class Budget(Strict):
    """Most sessions: at the same time, of one VPC, and new ones within an hour."""

    sessions: int = Field(10, ge=0)
    sessions_per_vpc: int = Field(5, ge=0)
    new_per_hour: int = Field(10, ge=0)


class Policy(Strict):
    """A whole file. The first rule that fits decides; what none fits is refused."""

    rules: tuple[PolicyRule, ...] = Field(min_length=1)
    budget: Budget = Budget()
    target: str = Field("", pattern=r"^(tmt-[0-9a-f]{8,17})?$")
    senders: tuple[Account, ...] = ()
    never: Selector = Selector()
    stale: Span = timedelta(minutes=30)
    longest: Span = timedelta(hours=12)
    kill_switch: str = ""
    unseen_members: Literal["refuse", "allow"] = "refuse"

    @model_validator(mode="after")
    def _times(self) -> Self:
        if self.stale < _LEAST_STALE:
            raise ValueError("stale is less than 10m: a message that comes again after a crash would be refused")
        for number, rule in enumerate(self.rules):
            if rule.lasts > self.longest:
                raise ValueError(f"rules.{number}.for is more than longest, the most that repeats extend it to")
            if rule.lasts <= self.stale:
                raise ValueError(f"rules.{number}.for is not more than stale: sessions would be over when they begin")
        return self

    def rule_for(self, finding: Finding) -> PolicyRule | None:
        """The first rule that fits."""
        return next((rule for rule in self.rules if rule.fits(finding)), None)


def read_policy(text: str) -> Policy:
    """The policy of a file. Raises BadPolicy."""
    return read_toml(text, Policy, BadPolicy)
