"""`shipper trace WHAT`: everything both witnesses say of one connection."""

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from shipper.cli.asked_connection import CHOOSE, fitting, picked
from shipper.cli.context import Context, now
from shipper.cli.exit_codes import exit_code
from shipper.cli.output import note, shown, write_json, write_lines
from shipper.errors import ConfigError
from shipper.period import HELP

if TYPE_CHECKING:
    from shipper.views.trace.connection import Connection


class _View(TypedDict):
    """How it is shown."""

    limit: int
    payloads: bool
    json_wanted: bool


@click.command(short_help="Everything both witnesses say of one connection.")
@click.argument("what", nargs=-1, required=True, metavar="WHAT [WHAT]")
@click.option("--since", default=None, help=f"Begin: {HELP}.  [default: the newest 24 hours that hold any of it]")
@click.option("--until", default=None, help="End, in the same grammar.  [default: now]")
@click.option("--pick", type=click.IntRange(1), default=None, help="Which one, where several connections fit.")
@click.option("--limit", type=click.IntRange(2), default=200, show_default=True, help="Most lines of the story.")
@click.option("--payload", "payloads", is_flag=True, help="Show the payloads that alerts carry.")
@click.option("--pcap", type=click.Path(path_type=Path, dir_okay=False), help="Write the packets that events carry.")
@click.option("--json", "json_wanted", is_flag=True, help="As JSON, with all its records and events.")
@click.pass_obj
def trace(
    context: Context,
    /,
    what: tuple[str, ...],
    since: str | None,
    until: str | None,
    pick: int | None,
    pcap: Path | None,
    **view: Unpack[_View],
) -> int:
    """Show one connection in the order of time: flow-log records, Suricata's events, who began, bytes each way.

    WHAT is a community id, an IP, IP:PORT or [IPv6]:PORT (two of them for a pair), a flow id of Suricata, or the id of
    an alert or another document. Where several connections fit, choose one by its number.
    """
    from shipper.views.question import run
    from shipper.views.trace.document import choices, document
    from shipper.views.trace.find import story
    from shipper.views.trace.target import target
    from shipper.views.trace.text import lines

    payloads, as_json = view["payloads"], view["json_wanted"]
    found = fitting(context, asked := target(what), since, until)
    if as_json and pick is None and len(found.connections) > 1:
        why = f"{len(found.connections)} connections fit {asked.text}: {CHOOSE}"
        note(f"shipper: {why}")
        write_json({"failure": why, "choices": choices(found.connections)})
        return exit_code(ConfigError(why))
    one = picked(asked, found, pick)
    chosen = run(context.store, context.settings.opensearch.prefix, story(one, now(), payloads=payloads or bool(pcap)))
    place = _link(context, chosen.connection)
    if as_json:
        write_json(document(chosen, payloads=payloads) | {"dashboard": place})
    else:
        write_lines(*(shown(line) for line in lines(chosen, payloads=payloads, limit=view["limit"])))
        write_lines(*(["", f"Look: {place}"] if place else []))
    if pcap:
        _write(pcap, chosen.connection)
    return 0


def _link(context: Context, connection: "Connection") -> str | None:
    """The dashboard of one connection, opened at its time; None where no Dashboards is set."""
    from dashboards.bundle import id_prefix
    from shipper.views.data_range import link, whole_minutes

    prefix, given = context.settings.opensearch.prefix, context.settings.dashboards
    if not given.url:
        return None
    inside = f"/w/{given.workspace}" if given.workspace else ""
    query = f'network.community_id:"{connection.community_id}"'
    if not connection.community_id:
        query = " and ".join(f'related.ip:"{address}"' for address in connection.key[1:])
    range_ = whole_minutes(connection.start, connection.end)
    return link(given.url.rstrip("/") + inside, f"{id_prefix(prefix, given.workspace)}-connection", range_, query)


def _write(path: Path, connection: "Connection") -> None:
    from mirror.capture_writer import capture
    from shipper.views.trace.packet import packets

    found = packets(connection.events)
    if not found.frames:
        raise ConfigError(
            "no event of this connection carries a usable packet: Suricata gives them to alerts, "
            "where suricata.alert_payloads is on and the privacy of payloads keeps them"
        )
    try:
        path.write_bytes(capture(found.frames))
    except OSError as trouble:
        raise ConfigError(f"--pcap {path}: {trouble.strerror}") from trouble
    left_out = f"; {found.unusable} could not be read" if found.unusable else ""
    note(f"{len(found.frames)} packets in {path}{left_out}")
