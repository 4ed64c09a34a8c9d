"""New rules into a Suricata that runs, and the proof that they are in it.

What Suricata 7.0.10 does, measured:
- `ruleset-reload-rules` reads suricata.yaml, rule files and threshold.config anew while packets go on being inspected.
- It answers "done" even where suricata.yaml cannot be read and the old rules stay: only `ruleset-reload-time` tells.
- Where rules were named on its command line (-s, -S) it answers NOK; SIGUSR2 loads them anew all the same.
- A rule that it does not understand is left out, and named by `ruleset-failed-rules`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from suricata.control import Control
from suricata.errors import SuricataRefused, SuricataSilent
from suricata.protocol import Answer

_STEP_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FailedRule:
    """A rule that Suricata left out."""

    file: str
    line: int
    rule: str


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """What Suricata says of its rules. `how`: "command" or "signal", what made it load them."""

    how: str
    loaded: int
    failed: tuple[FailedRule, ...]
    skipped: int
    at: str


def reload(
    control: Control, wait: Callable[[float], object], *, timeout_seconds: float = 120.0, patience_seconds: float = 5.0
) -> RulesInForce:
    """Load the rules anew. Raises SuricataRefused where the old ones stayed.

    The command answers when it is done, so `patience_seconds` is enough then; a signal is answered by nobody.
    """
    before = _last_reload(control)
    how = "command"
    if not control.ask("ruleset-reload-rules").ok:
        how = "signal"
        control.signal_reload()
    at = _next_reload(control, before, wait, patience_seconds if how == "command" else timeout_seconds)
    return in_force(control, how=how, at=at)


def in_force(control: Control, *, how: str = "", at: str = "") -> RulesInForce:
    """What Suricata has loaded now."""
    (figures,) = _rows(control.ask("ruleset-stats"), "ruleset-stats")[:1] or ({},)
    failed = tuple(
        FailedRule(str(row.get("filename", "")), _number(row.get("line")), str(row.get("rule", "")))
        for row in _rows(control.ask("ruleset-failed-rules"), "ruleset-failed-rules")
    )
    loaded, skipped = _number(figures.get("rules_loaded")), _number(figures.get("rules_skipped"))
    return RulesInForce(how, loaded, failed, skipped, at or _last_reload(control))


def _next_reload(control: Control, before: str, wait: Callable[[float], object], seconds: float) -> str:
    end = time.monotonic() + seconds
    while (at := _last_reload(control)) == before:
        if time.monotonic() > end:
            raise SuricataRefused(
                "Suricata did not load the rules anew and goes on with the old ones: it cannot read its configuration. "
                "`shipper suricata check` says where; Suricata's own log has it, too"
            )
        wait(_STEP_SECONDS)
    return at


def _last_reload(control: Control) -> str:
    rows = _rows(control.ask("ruleset-reload-time"), "ruleset-reload-time")
    return str(rows[0].get("last_reload", "")) if rows else ""


def _rows(answer: Answer, command: str) -> list[dict[str, object]]:
    if not answer.ok:
        raise SuricataSilent(f"Suricata answers {command} with: {answer.message}")
    if not isinstance(answer.message, list) or not all(isinstance(row, dict) for row in answer.message):
        raise SuricataRefused(
            f"Suricata answers {command} with something else than a list: {str(answer.message)[:200]}"
        )
    return answer.message


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
