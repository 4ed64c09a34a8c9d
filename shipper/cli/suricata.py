"""`shipper suricata …`: the sensor's configuration, and the Suricata that runs."""

from dataclasses import asdict, replace
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context
from shipper.cli.output import note, size, write_json, write_lines, write_table
from shipper.cli.suricata_analyze import analyze
from shipper.cli.suricata_rules import rules

if TYPE_CHECKING:
    from shipper.sensor import ConfiguredSensor
    from suricata.check import Judgement
    from suricata.counters import Counters
    from suricata.reload import RulesInForce

_NO_CHECK = "Do not try the result with `suricata -T` first."
_UNFIT = 3


@click.group(short_help="The sensor: configuration, rules, reload, figures.")
def suricata() -> None:
    """The sensor: its configuration and rules, and the Suricata that runs with them.

    Its files are in suricata.directory: `render` makes them, `check` has Suricata judge them, `rules` changes them,
    `reload` brings rules into a Suricata that runs. A changed suricata.yaml takes a restart of Suricata.
    """


suricata.add_command(rules)
suricata.add_command(analyze)


@suricata.command("render")
@click.option("--stdout", is_flag=True, help="Print suricata.yaml and write nothing.")
@click.option("--force", is_flag=True, help="Write it even where Suricata sees the folder as another (the stack's).")
@click.option("--json", "json_wanted", is_flag=True, help="What was written as JSON.")
@click.pass_obj
def render_command(context: Context, /, stdout: bool, force: bool, json_wanted: bool) -> None:
    """Write suricata.yaml from the settings, and what is missing of the sensor's other files.

    Rules, suppressions and disabled rules that are there stay. Doing it again changes nothing.
    """
    from shipper.sensor import translating
    from suricata.config import render
    from suricata.rules.folder import YAML

    sensor = _sensor(context)
    with translating():
        text = render(sensor.values)
        if stdout:
            write_lines(text.rstrip("\n"))
            return
        if not force:
            _refuse_another_view(sensor)
        written = sensor.folder.write({YAML: text})
    if json_wanted:
        write_json({"directory": str(sensor.directory), "written": list(written)})
        return
    write_lines(*(f"written  {sensor.directory / name}" for name in written))
    write_lines(
        f"Everything in {sensor.directory} is as it should be." if not written else "Next: shipper suricata check"
    )


@suricata.command("check")
@click.option("--json", "json_wanted", is_flag=True, help="The judgement as JSON.")
@click.pass_obj
def check_command(context: Context, /, json_wanted: bool) -> int:
    """Have Suricata itself judge the settings, the rules and what is muted (`suricata -T`). Changes nothing.

    With Suricata of this host, else in a container (suricata.image). What is judged is what `render` would write now.
    Exit 3 where Suricata would not start with it.
    """
    import tempfile
    from pathlib import Path

    from shipper.sensor import translating
    from suricata.config import render
    from suricata.rules.folder import YAML, SensorFolder

    sensor = _sensor(context)
    with translating(), tempfile.TemporaryDirectory(prefix="flowtap-check-") as made:
        candidate = Path(made)
        candidate.chmod(0o755)
        SensorFolder(candidate).write(sensor.folder.texts() | {YAML: render(sensor.values)})
        judgement = sensor.judge()(candidate)
        said = [_placed(str(problem), made, str(sensor.directory)) for problem in judgement.problems]
    if json_wanted:
        write_json(_judgement(judgement, made, str(sensor.directory)))
    else:
        write_lines(*said, "Suricata takes it." if judgement.passed else "Suricata does not take it.")
    return 0 if judgement.passed else _UNFIT


@suricata.command("reload")
@click.option("--no-check", is_flag=True, help=_NO_CHECK)
@click.option("--json", "json_wanted", is_flag=True, help="What Suricata has loaded as JSON.")
@click.pass_obj
def reload_command(context: Context, /, no_check: bool, json_wanted: bool) -> int:
    """Bring the rules and what is muted into the Suricata that runs, without a gap, and prove it.

    The files are tried first. Suricata's word is not enough: it says "done" even where it kept its old rules, so the
    time of its last reload must have changed. Exit 3 where it left rules out.
    """
    from shipper.sensor import translating
    from suricata.reload import reload

    sensor = _sensor(context)
    with translating():
        control = sensor.control()
        if sensor.folder.exists:
            sensor.folder.write({}, None if no_check else sensor.judge())
        else:
            note(f"{sensor.directory} has no files of ours: Suricata loads whatever it was started with.")
        found = _as_edited(reload(control, Event().wait), sensor)
    if json_wanted:
        write_json(asdict(found))
    else:
        _show_rules(found)
    return _UNFIT if found.failed else 0


@suricata.command("stats")
@click.option("--json", "json_wanted", is_flag=True, help="All of Suricata's counters as JSON.")
@click.pass_obj
def stats_command(context: Context, /, json_wanted: bool) -> None:
    """What Suricata has seen, dropped and found since it was started.

    Interfaces are counted as of now, everything else once in suricata.stats_seconds.
    """
    from shipper.sensor import translating
    from suricata.counters import read_counters
    from suricata.reload import in_force

    with translating():
        control = _sensor(context).control()
        counters = read_counters(control)
        loaded = in_force(control)
    if json_wanted:
        write_json(_counters(counters) | {"rules": asdict(loaded), "counters": counters.tree})
    else:
        _show_counters(counters, loaded)


def _sensor(context: Context) -> "ConfiguredSensor":
    from shipper.sensor import ConfiguredSensor

    return ConfiguredSensor(context.settings.suricata)


def _refuse_another_view(sensor: "ConfiguredSensor") -> None:
    """Paths in the stack's file are those inside its container; ours would leave its Suricata without rules."""
    from suricata.config import folder_seen
    from suricata.errors import BadSensor
    from suricata.rules.folder import YAML

    there = sensor.directory / YAML
    if not there.is_file():
        return
    seen = folder_seen(there.read_text("utf-8", "replace"))
    if seen not in {None, str(sensor.directory)}:
        raise BadSensor(
            f"{there} is for a Suricata that sees this folder as {seen}. The stack's is rendered by docker/stack.sh "
            "up, with SHIPPER_SURICATA__… in its environment; --force writes it all the same"
        )


def _placed(text: str, made: str, directory: str) -> str:
    """Names of the files that were tried, as those that a person edits."""
    return text.replace(f"{made}/active/", f"{directory}/rules/").replace(made, directory)


def _judgement(judgement: "Judgement", made: str, directory: str) -> dict[str, Any]:
    problems = [
        asdict(problem) | {key: _placed(getattr(problem, key), made, directory) for key in ("file", "message")}
        for problem in judgement.problems
    ]
    return {"passed": judgement.passed, "problems": problems}


def _as_edited(found: "RulesInForce", sensor: "ConfiguredSensor") -> "RulesInForce":
    """Rules that failed, by the files that a person edits: line N of active/X is line N of rules/X."""
    from pathlib import PurePath

    def edited(file: str) -> str:
        path = PurePath(file)
        return str(sensor.directory / "rules" / path.name) if path.parent.name == "active" else file

    return replace(found, failed=tuple(replace(failed, file=edited(failed.file)) for failed in found.failed))


def _show_rules(found: "RulesInForce") -> None:
    for failed in found.failed:
        note(f"{failed.file}:{failed.line}: left out: {failed.rule}")
    skipped = f", {found.skipped:,} skipped" if found.skipped else ""
    write_lines(f"{found.loaded:,} rules loaded, {len(found.failed):,} failed{skipped}; loaded at {found.at}.")


def _counters(counters: "Counters") -> dict[str, Any]:
    return {
        "version": counters.version,
        "uptime_seconds": counters.uptime_seconds,
        "interfaces": [asdict(interface) for interface in counters.interfaces],
        "figures": counters.figures,
    }


def _show_counters(counters: "Counters", loaded: "RulesInForce") -> None:
    write_lines(f"Suricata {counters.version}, up {counters.uptime_seconds:,} s, {loaded.loaded:,} rules")
    if counters.interfaces:
        rows = [(each.name, each.packets, each.drops) for each in counters.interfaces]
        write_table("Interfaces", {"interface": "left", "packets": "number", "kernel drops": "number"}, rows)
    if not counters.tree:
        note("No further figures yet: Suricata counts once in suricata.stats_seconds.")
        return
    shown = [(name.replace("_", " "), _figure(name, value)) for name, value in counters.figures.items()]
    write_table("Since it was started", {"figure": "left", "value": "right"}, shown)


def _figure(name: str, value: int) -> str:
    return size(value) if name.endswith("bytes") else f"{value:,}"
