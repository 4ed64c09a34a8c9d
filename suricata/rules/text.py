"""Rule files as text: which rules stand where, and the same file with some of them commented out. Pure.

Suricata User Guide, "Rules Format": one rule a line, "#" before a comment or a rule that is off, a backslash at the end
of a line goes on with the next.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_ACTIONS = r"(?:alert|drop|pass|reject|rejectsrc|rejectdst|rejectboth)"
_RULE = re.compile(rf"\s*(?P<off>#[#\s]*)?{_ACTIONS}\s+\S.*\(.*\bsid\s*:\s*(?P<sid>\d+)\s*;", re.DOTALL)
_MESSAGE = re.compile(r'\bmsg\s*:\s*"(?P<msg>(?:[^"\\]|\\.)*)"')
_OFF = "# disabled by flowtap: "


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `line`: the first of its lines, counted from 1; `on`: not commented out."""

    sid: int
    message: str
    line: int
    on: bool


def rules_in(text: str) -> Iterator[Rule]:
    """Every rule, those that are commented out, too."""
    for number, lines in _logical(text):
        whole = "\n".join(lines)
        if found := _RULE.match(whole):
            message = _MESSAGE.search(whole)
            yield Rule(int(found["sid"]), message["msg"] if message else "", number, found["off"] is None)


def without(text: str, sids: Collection[int]) -> str:
    """The same lines at the same numbers, with the rules of these sids commented out."""
    made = []
    for _, lines in _logical(text):
        found = _RULE.match("\n".join(lines))
        off = found is not None and found["off"] is None and int(found["sid"]) in sids
        made += [f"{_OFF}{line}" for line in lines] if off else lines
    return "".join(f"{line}\n" for line in made)


def _logical(text: str) -> Iterator[tuple[int, list[str]]]:
    held: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        held.append(line)
        if not line.endswith("\\"):
            yield number - len(held) + 1, held
            held = []
    if held:
        yield len(text.splitlines()) - len(held) + 1, held
