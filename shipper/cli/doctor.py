"""`shipper doctor`: every check with what was seen and what to do next."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.output import shown, write_json, write_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shipper.doctor.checkup import Result
    from shipper.doctor.finding import Finding


@click.command("doctor")
@click.option("--json", "json_wanted", is_flag=True, help="The findings as JSON.")
@click.pass_obj
def doctor(context: Context, /, json_wanted: bool) -> int:
    """Check settings, state directory, sensor and OpenSearch. Changes nothing.

    Exit 0 if nothing fails (warnings do not count), 3 if settings or the state directory do, 4 if OpenSearch does.
    """
    from shipper.doctor.checks import CHECKS
    from shipper.doctor.checkup import Subject, examine, exit_code

    results = examine(Subject(lambda: context.loaded, now), CHECKS)
    if json_wanted:
        write_json(_as_json(results))
    else:
        write_lines(*as_lines([(result.name, result.finding) for result in results]))
    return exit_code(results)


def _as_json(results: "tuple[Result, ...]") -> dict[str, Any]:
    from shipper.doctor.checkup import exit_code

    checks = [{"name": result.name, "side": result.side.name.lower(), **asdict(result.finding)} for result in results]
    return {"ok": exit_code(results) == 0, "checks": checks}


def as_lines(findings: "Sequence[tuple[str, Finding]]") -> list[str]:
    """Findings by name, each with its remedy, and how many there are of each outcome."""
    width = max(len(name) for name, _ in findings)
    lines = []
    for name, found in findings:
        lines.append(f"{found.outcome.value:<7}  {name:<{width}}  {shown(found.seen)}")
        if found.remedy:
            lines.append(f"{'':<{width + 9}}  → {shown(found.remedy)}")
    outcomes = [found.outcome.value for _, found in findings]
    counts = [f"{outcomes.count(name)} {name}" for name in ("ok", "warn", "fail", "skipped") if name in outcomes]
    return [*lines, "", ", ".join(counts)]
