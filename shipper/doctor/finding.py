"""What one check found. Pure values."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen and, where it is not well, what to do next."""

    outcome: Outcome
    seen: str
    remedy: str = ""


def ok(seen: str) -> Finding:
    """Nothing to do."""
    return Finding(Outcome.OK, seen)


def warn(seen: str, remedy: str) -> Finding:
    """It works, but should be looked at."""
    return Finding(Outcome.WARN, seen, remedy)


def fail(seen: str, remedy: str) -> Finding:
    """It does not work, or will not take records."""
    return Finding(Outcome.FAIL, seen, remedy)


def skipped(why: str) -> Finding:
    """It could not be looked at."""
    return Finding(Outcome.SKIPPED, why)


def some(names: tuple[str, ...] | list[str], most: int = 3) -> str:
    """The first few of many names."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def gibibytes(count: float) -> str:
    """A size on disk."""
    return f"{count / 2**30:,.1f} GiB"
