"""`shipper suricata analyze`: what Suricata says of captures, without any store."""

from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context
from shipper.cli.output import note, shown, write_json, write_lines, write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shipper.pcaps import Found

_INCOMPLETE = 5


@click.command("analyze", short_help="Captures through Suricata, without a store.")
@click.argument("captures", nargs=-1, required=True, metavar="PCAP…")
@click.option(
    "--rules",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rules to use instead of the sensor's (suricata.directory).",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Keep the events of each there: NAME.eve.json.",
)
@click.option("--json", "json_wanted", is_flag=True, help="What was found as JSON.")
@click.pass_obj
def analyze(
    context: Context, /, captures: tuple[str, ...], rules: Path | None, out: Path | None, json_wanted: bool
) -> int:
    """Have Suricata analyse captures and tell what it found; `shipper backfill pcap` loads it, too.

    A PCAP is a capture (pcap or pcapng, plain or packed), a folder or a glob. With Suricata of this machine, else in a
    container (suricata.image). Exit 5 where a capture is not whole or cannot be analysed; the others are.
    """
    from shipper.cli.signals import stop_on_signals
    from shipper.pcaps import Rules, analysed
    from shipper.pcaps import captures as opened
    from shipper.sources.interruptible import open_pipe
    from shipper.sources.local_paths import expand

    settings, given = context.settings.suricata, Rules.of(context.settings.suricata, rules)
    with stop_on_signals() as stop:
        inputs = expand(captures, partial(open_pipe, stopped=stop.event.wait))
        if out is not None:
            _make(out)
        with opened(settings, given, context.captures, stop.event.wait) as (analyst, analysis):
            found = list(analysed(analyst, inputs, context.settings.sources.parallel, out))
        if stop.signal_number:
            return stop.exit_code
    write_json(_as_json(found, analysis)) if json_wanted else _show(found)
    return _INCOMPLETE if any(each.problem for each in found) else 0


def _make(folder: Path) -> None:
    from shipper.errors import ConfigError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"--out {folder}: {error.strerror}") from error


def _as_json(found: "Sequence[Found]", analysis: str) -> dict[str, Any]:
    return {
        "analysis": analysis,
        "captures": [
            {
                "file": each.origin,
                "capture": each.capture,
                "packets": each.packets,
                "events": dict(sorted(each.events.items())),
                "alerts": dict(sorted(each.alerts.items())),
                "written": each.written and str(each.written),
            }
            for each in found
            if each.capture
        ],
        "problems": {each.origin: each.problem for each in found if each.problem},
        "other_files": {each.origin: each.other for each in found if each.other},
    }


def _show(found: "Sequence[Found]") -> None:
    rows = [
        (Path(each.origin).name, each.packets, sum(each.events.values()), sum(each.alerts.values()), each.capture)
        for each in found
        if each.capture
    ]
    if rows:
        columns = {"file": "left", "packets": "number", "events": "number", "alerts": "number", "observer.name": "left"}
        write_table("Captures", columns, rows)
    types = sum((Counter(each.events) for each in found), Counter[str]())
    if types:
        write_table("Events", {"type": "left", "events": "number"}, types.most_common())
    alerts = sum((Counter(each.alerts) for each in found), Counter[str]())
    if alerts:
        write_table("Alerts", {"rule": "left", "alerts": "number"}, alerts.most_common())
    written = [each.written for each in found if each.written]
    write_lines(*(f"written  {path}" for path in written))
    for each in found:
        if each.other:
            note(f"Passed over: {shown(each.origin)}: {each.other}")
        if each.problem:
            note(f"Not read to its end: {each.problem}")
