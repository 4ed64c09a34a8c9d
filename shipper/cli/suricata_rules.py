"""`shipper suricata rules …`: which rules a sensor has, fetching more, and muting those that are of no use there."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from shipper.cli.context import Context, now
from shipper.cli.output import note, write_json, write_lines, write_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from suricata.rules.folder import State

_WHY = click.option("--why", default="", metavar="TEXT", help="The reason, kept beside it.")
_NO_CHECK = click.option("--no-check", is_flag=True, help="Do not try the result with `suricata -T` first.")
_JSON = click.option("--json", "json_wanted", is_flag=True, help="What was changed as JSON.")
_SID = click.argument("sid", type=click.IntRange(1, 2**32 - 1))
_ADDRESS = "ADDR/CIDR"


@click.group(short_help="Rules: list, update, suppress, disable.")
def rules() -> None:
    """Rules of this sensor: local ones (rules/local.rules, yours to edit), fetched ones, and what is muted.

    Every change is tried with `suricata -T` before a file is replaced, and takes effect with `shipper suricata reload`.
    """


@rules.command("list")
@click.option("--all", "everything", is_flag=True, help="Every single rule.")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON.")
@click.pass_obj
def list_command(context: Context, /, everything: bool, json_wanted: bool) -> None:
    """Show the files with rules and how many, and everything that is muted, since when and why."""
    from shipper.sensor import ConfiguredSensor, translating

    with translating():
        state = ConfiguredSensor(context.settings.suricata).folder.state()
    if json_wanted:
        write_json(_as_json(state, everything=everything))
    else:
        _show(state, everything=everything)


@rules.command("update")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Fetch from there; repeatable [suricata.rule_urls].")
@_NO_CHECK
@_JSON
@click.pass_obj
def update_command(context: Context, /, urls: tuple[str, ...], no_check: bool, json_wanted: bool) -> None:
    """Fetch rules with suricata-update into rules/updated.rules; all of them or none.

    Where a source cannot be reached the rules stay as they are. What is disabled stays disabled.
    """
    from shipper.sensor import ConfiguredSensor, translating
    from suricata.errors import BadSensor
    from suricata.rules.folder import UPDATED, YAML
    from suricata.rules.update import fetch

    sensor = ConfiguredSensor(context.settings.suricata)
    with translating():
        if not sensor.folder.exists:
            raise BadSensor(f"{sensor.directory} has no {YAML} yet: shipper suricata render")
        text = fetch(sensor.engine(), sensor.directory / YAML, urls or sensor.rule_urls)
        written = sensor.folder.write({UPDATED: text}, None if no_check else sensor.judge())
        found = sensor.folder.state().rules[UPDATED]
    _tell(
        written, f"{sum(rule.on for rule in found):,} of {len(found):,} fetched rules are on.", json_wanted=json_wanted
    )


@rules.command("suppress")
@_SID
@click.option("--src", "source", default="", metavar=_ADDRESS, help="Only where this is the source; all without it.")
@_WHY
@_NO_CHECK
@_JSON
@click.pass_obj
def suppress_command(context: Context, /, sid: int, source: str, why: str, no_check: bool, json_wanted: bool) -> None:
    """Make no more alerts of a rule, or none from some source. The rule goes on setting flowbits and the like."""
    from suricata.rules.folder import THRESHOLDS
    from suricata.rules.muted import suppression, with_suppression

    def change(texts: dict[str, str]) -> dict[str, str]:
        wanted = suppression(sid, source, since=_today(), why=why)
        return {THRESHOLDS: with_suppression(texts[THRESHOLDS], wanted)}

    _edit(context, sid, change, checked=not no_check, json_wanted=json_wanted)


@rules.command("unsuppress")
@_SID
@click.option("--src", "source", default=None, metavar=_ADDRESS, help="Only this source's; without it all of the rule.")
@_NO_CHECK
@_JSON
@click.pass_obj
def unsuppress_command(context: Context, /, sid: int, source: str | None, no_check: bool, json_wanted: bool) -> None:
    """Make alerts of a rule again."""
    from suricata.rules.folder import THRESHOLDS
    from suricata.rules.muted import without_suppression

    def change(texts: dict[str, str]) -> dict[str, str]:
        return {THRESHOLDS: without_suppression(texts[THRESHOLDS], sid, source)}

    _edit(context, sid, change, checked=not no_check, json_wanted=json_wanted)


@rules.command("disable")
@_SID
@_WHY
@_NO_CHECK
@_JSON
@click.pass_obj
def disable_command(context: Context, /, sid: int, why: str, no_check: bool, json_wanted: bool) -> None:
    """Do not load a rule at all, now and after updates."""
    from suricata.rules.folder import DISABLED
    from suricata.rules.muted import Disabled, with_disabled

    def change(texts: dict[str, str]) -> dict[str, str]:
        return {DISABLED: with_disabled(texts[DISABLED], Disabled(sid, _today(), why))}

    _edit(context, sid, change, checked=not no_check, json_wanted=json_wanted)


@rules.command("enable")
@_SID
@_NO_CHECK
@_JSON
@click.pass_obj
def enable_command(context: Context, /, sid: int, no_check: bool, json_wanted: bool) -> None:
    """Load a rule again that was disabled. (One that its author commented out is edited in its file.)"""
    from suricata.rules.folder import DISABLED
    from suricata.rules.muted import without_disabled

    def change(texts: dict[str, str]) -> dict[str, str]:
        return {DISABLED: without_disabled(texts[DISABLED], sid)}

    _edit(context, sid, change, checked=not no_check, json_wanted=json_wanted)


def _edit(
    context: Context,
    sid: int,
    change: "Callable[[dict[str, str]], dict[str, str]]",
    *,
    checked: bool,
    json_wanted: bool,
) -> None:
    from shipper.sensor import ConfiguredSensor, translating
    from suricata.errors import BadSensor
    from suricata.rules.folder import YAML

    sensor = ConfiguredSensor(context.settings.suricata)
    folder = sensor.folder
    with translating():
        if not folder.exists:
            raise BadSensor(f"{sensor.directory} has no {YAML} yet: shipper suricata render")
        state, texts = folder.state(), folder.texts()
        changed = change(texts)
        if not any(rule.sid == sid for found in state.rules.values() for rule in found):
            note(f"No rule here has sid {sid}; it counts as soon as one has.")
        written: tuple[str, ...] = ()
        if any(texts[name] != text for name, text in changed.items()):
            written = folder.write(changed, sensor.judge() if checked else None)
    _tell(written, "", json_wanted=json_wanted)


def _tell(written: tuple[str, ...], remark: str, *, json_wanted: bool) -> None:
    if json_wanted:
        write_json({"written": list(written)})
    elif written:
        write_lines(*([remark] if remark else ()), f"Written: {', '.join(written)}. Next: shipper suricata reload")
    else:
        write_lines("Nothing was changed: it is so already.")


def _as_json(state: "State", *, everything: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "files": [
            {"file": name, "rules": len(held), "off_in_file": sum(not rule.on for rule in held)}
            for name, held in state.rules.items()
        ],
        "suppressed": [asdict(each) for each in state.suppressions],
        "disabled": [asdict(each) for each in state.disabled],
    }
    if everything:
        found["rules"] = [asdict(rule) | {"file": name} for name, held in state.rules.items() for rule in held]
    return found


def _show(state: "State", *, everything: bool) -> None:
    names = {rule.sid: rule.message for held in state.rules.values() for rule in held}
    off = {each.sid for each in state.disabled}
    rows = [
        (name, len(held), sum(not rule.on for rule in held), sum(rule.on and rule.sid in off for rule in held))
        for name, held in state.rules.items()
    ]
    headings = {"file": "left", "rules": "number", "off in the file": "number", "disabled": "number"}
    write_table("Files", headings, rows)
    if everything:
        every = [
            (rule.sid, "off" if not rule.on or rule.sid in off else "on", rule.message, f"{name}:{rule.line}")
            for name, held in state.rules.items()
            for rule in held
        ]
        write_table("Rules", {"sid": "right", "": "left", "rule": "left", "where": "left"}, every)
    muted = [
        (
            each.sid,
            "suppressed",
            each.network or "everywhere",
            each.since,
            each.why,
            names.get(each.sid, "no such rule"),
        )
        for each in state.suppressions
    ] + [
        (each.sid, "disabled", "everywhere", each.since, each.why, names.get(each.sid, "no such rule"))
        for each in state.disabled
    ]
    if muted:
        columns = {"sid": "right", "how": "left", "where": "left", "since": "left", "why": "left", "rule": "left"}
        write_table("Muted", columns, muted)
    else:
        write_lines("Nothing is muted.")


def _today() -> str:
    return now().strftime("%Y-%m-%dT%H:%M:%SZ")
