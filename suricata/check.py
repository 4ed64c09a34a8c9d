"""Suricata's own judgement of a configuration (`suricata -T`), and its words made readable. Changes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from suricata.engine import Engine

# Words are taken apart for the reader only: what passes is decided by the exit code and the level.
_RULE_AT = re.compile(r'error parsing signature "(?P<rule>.*)" from file (?P<file>.+) at line (?P<line>\d+)', re.DOTALL)
_YAML_AT = re.compile(r"Failed to parse configuration file at line (?P<line>\d+): (?P<why>.*)", re.DOTALL)
_PLAIN = re.compile(r"(?P<level>Error|Warning|Notice|Info|Perf): (?P<module>[\w-]+): (?P<message>.*)")
_LEVELS = {"Error": "error", "Critical": "error", "Alert": "error", "Emergency": "error", "Warning": "warning"}
_SUMMARY = "Loading signatures failed."


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing Suricata says against it. `level`: error or warning; `file`, `line`: empty, 0 where it names none."""

    level: str
    message: str
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        return f"{place}{self.level}: {self.message}"


@dataclass(frozen=True, slots=True)
class Judgement:
    """`passed`: Suricata would start with it."""

    passed: bool
    problems: tuple[Problem, ...]


def check(engine: Engine, yaml: Path, *, rules: Path | None = None, thresholds: Path | None = None) -> Judgement:
    """Judge a file. `rules` (a folder) and `thresholds` take the places of those that it names."""
    arguments = ["-T", "-c", str(yaml), "-l", "{scratch}"]
    folders = [yaml.parent]
    if rules is not None:
        arguments += ["--set", f"default-rule-path={rules}"]
    if thresholds is not None:
        arguments += ["--set", f"threshold-file={thresholds}"]
    ran = engine.run("suricata", arguments, folders)
    problems = tuple(read_problems(ran.said, yaml))
    if ran.code and not any(problem.level == "error" for problem in problems):
        problems += (Problem("error", f"suricata -T ended with {ran.code}: {ran.said.strip()[-400:] or 'no word'}"),)
    return Judgement(ran.code == 0, problems)


def read_problems(said: str, yaml: Path) -> Iterator[Problem]:
    """What Suricata said, without what is well. A rule's reason comes before its place: the two become one problem."""
    reasons: list[str] = []
    for level, message in _messages(said):
        if at := _RULE_AT.search(message):
            why = "; ".join(reasons) or "cannot be parsed"
            yield Problem(level, f"{why} in {at['rule']}", at["file"], int(at["line"]))
            reasons.clear()
        elif at := _YAML_AT.search(message):
            yield Problem(level, at["why"], str(yaml), int(at["line"]))
        elif level == "error" and message != _SUMMARY:
            reasons.append(message)
        elif level == "warning":
            yield Problem(level, message)
    yield from (Problem("error", reason) for reason in reasons)


def errors(said: str, yaml: Path) -> str:
    """The errors among these problems, in one line; mostly none."""
    return "; ".join(each.message for each in read_problems(said, yaml) if each.level == "error")


def _messages(said: str) -> Iterator[tuple[str, str]]:
    """(our level, message) of each error and warning. JSON once the configuration is read, plain words before."""
    for line in said.splitlines():
        try:
            found = orjson.loads(line)
            level, message = str(found["log_level"]), str(found["engine"]["message"])
        except (orjson.JSONDecodeError, KeyError, TypeError):
            plain = _PLAIN.match(line)
            if plain is None:
                continue
            level, message = plain["level"], plain["message"]
        if level in _LEVELS:
            yield _LEVELS[level], message
