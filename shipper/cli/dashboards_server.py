"""`shipper dashboards plan|import|export`: what is in a running OpenSearch Dashboards, and what should be."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from shipper.cli.confirm import CHANGES_EXIT_CODE, confirm
from shipper.cli.context import Context, now
from shipper.cli.output import note, write_json, write_lines, write_table

if TYPE_CHECKING:
    from dashboards.client import Dashboards
    from dashboards.plan import Plan
    from dashboards.saved_object import SavedObject

_FROM = click.option(
    "--from", "folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of NDJSON files instead of what is shipped, such as an export.",
)  # fmt: skip
_FORCE = click.option("--force", is_flag=True, help="Overwrite what somebody changed in Dashboards, too.")
_JSON = click.option("--json", "json_wanted", is_flag=True, help="The plan as JSON.")


@contextmanager
def _translating() -> Iterator[None]:
    from dashboards.errors import DashboardsError
    from shipper.errors import ours

    try:
        yield
    except DashboardsError as error:
        translated = ours(error)
        for each in getattr(error, "__notes__", ()):
            translated.add_note(each)
        raise translated from error


@click.command("plan")
@_FROM
@_FORCE
@click.option("--detailed-exitcode", is_flag=True, help="Exit 6 if there are changes.")
@_JSON
@click.pass_obj
@_translating()
def plan_command(
    context: Context, /, folder: Path | None, force: bool, detailed_exitcode: bool, json_wanted: bool
) -> int:
    """Show what `dashboards import` would change. Changes nothing."""
    from dashboards.importer import look, wait_until_ready

    server = _server(context)
    wait_until_ready(server, 0, Event().wait)
    planned = look(server, _wanted(context, folder), force=force)
    _show(planned, json_wanted=json_wanted)
    return CHANGES_EXIT_CODE if detailed_exitcode and planned.changes else 0


@click.command("import")
@_FROM
@_FORCE
@click.option(
    "--backup", type=click.Path(path_type=Path, file_okay=False), help="Folder [default: in the state directory]"
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@_JSON
@click.pass_obj
@_translating()
def import_command(
    context: Context, /, folder: Path | None, force: bool, backup: Path | None, yes: bool, json_wanted: bool
) -> int:
    """Wait until Dashboards is ready, show the plan, ask, back up, import, and read every object back.

    Doing it again changes nothing. What somebody changed in Dashboards is kept, unless forced. Dashboards open with the
    last 24 hours, or with the range of the data where it is older.
    """
    from dashboards.importer import apply, look, wait_until_ready
    from shipper.dashboard_files import back_up

    server = _server(context)
    status = wait_until_ready(server, context.settings.dashboards.wait_seconds, Event().wait)
    planned = look(server, _wanted(context, folder), force=force)
    if not json_wanted:
        _show(planned, json_wanted=False)
    if planned.changes and confirm(f"Write these {len(planned.changes)} objects?", yes=yes):
        kept_in = backup or context.loaded.state_directory / "dashboards"
        apply(server, planned, lambda objects: note(f"Backed up: {back_up(kept_in, objects, now())}"))
    chosen = _defaults(context, server, force=force) if context.settings.dashboards.set_defaults else {}
    if json_wanted:
        _show(planned, json_wanted=True)
        return 0
    for name, value in chosen.items():
        write_lines(f"{name} is now {value}")
    write_lines(f"Dashboards {status.version}: {len(planned.steps)} objects read back, {len(planned.changes)} written.")
    seen_at = context.settings.dashboards.browser_url or server.place.url
    write_lines(f"Look: {replace(server.place, url=seen_at).base}/app/dashboards")
    return 0


@click.command("export")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the NDJSON files."
)
@click.pass_obj
@_translating()
def export_command(context: Context, /, names: Sequence[str], out: Path) -> int:
    """Write dashboards as they are in Dashboards now into files that `import --from` takes.

    NAME is one of overview, talkers, interfaces, refused, alerts, protocols, connection, mirroring, pipeline; without
    any, all of them.
    """
    from dashboards.exporter import exported
    from dashboards.panels import DASHBOARDS
    from shipper.dashboard_files import write

    settings = context.settings
    wanted = names or [each.name for each in DASHBOARDS]
    files = exported(_server(context), wanted, settings.opensearch.prefix, settings.dashboards.workspace)
    write(out, files, remove=False)
    write_lines(*(f"{out / name}.ndjson" for name in files))
    return 0


@click.command("proxy")
@click.option("--port", type=click.IntRange(0, 65535), default=5601, show_default=True, help="Port on 127.0.0.1.")
@click.pass_obj
@_translating()
def proxy_command(context: Context, /, port: int) -> int:
    """Serve a far Dashboards on this machine, each request signed or with our user, until Ctrl-C.

    Only on 127.0.0.1: whoever can open it acts with your credentials. Pages of other sites are refused.
    """
    from dashboards.proxy import serving
    from shipper.cli.signals import stop_on_signals
    from shipper.dashboards_place import place

    with stop_on_signals() as stop, serving(place(context.settings), port) as url:
        write_lines(f"Open {url}/app/dashboards (Ctrl-C ends it)")
        stop.event.wait()
    return 0


def _server(context: Context) -> "Dashboards":
    from dashboards.client import Dashboards
    from shipper.dashboards_place import place

    return Dashboards(place(context.settings))


def _wanted(context: Context, folder: Path | None) -> "list[SavedObject]":
    """What is shipped or in the folder, for our prefix and workspace, opening with the range of the data."""
    from dashboards.bundle import placed, read, shipped, with_range
    from shipper.errors import Unavailable
    from shipper.views.data_range import LIVE, data_range

    prefix, workspace = context.settings.opensearch.prefix, context.settings.dashboards.workspace
    if folder is None:
        objects = shipped(prefix, workspace)
    else:
        files = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.ndjson"))]
        objects = placed([each for name, content in files for each in read(content, name)], prefix, workspace)
    try:
        since, until = data_range(context.store, prefix, now())
    except Unavailable as error:
        note(f"OpenSearch cannot be asked for the range of its data ({error}): dashboards open with the last 24 hours.")
        since, until = LIVE
    return with_range(objects, since, until)


def _defaults(context: Context, server: "Dashboards", *, force: bool) -> dict[str, str]:
    from dashboards.bundle import id_prefix
    from dashboards.importer import Defaults, set_defaults
    from dashboards.panels import DASHBOARDS
    from dashboards.panels.patterns import PATTERNS

    ids = id_prefix(context.settings.opensearch.prefix, context.settings.dashboards.workspace)
    wanted = Defaults(f"{ids}-{PATTERNS[0].name}", f"{ids}-{DASHBOARDS[0].name}")
    return set_defaults(server, wanted, force=force)


def _show(planned: "Plan", *, json_wanted: bool) -> None:
    from dashboards.plan import Deed

    if json_wanted:
        write_json([{"object": step.wanted.name, "do": step.deed, "why": step.why} for step in planned.steps])
        return
    shown = [step for step in planned.steps if step.deed is not Deed.LEAVE]
    if shown:
        columns = {"do": "left", "object": "left", "why": "left"}
        write_table("Saved objects", columns, [(step.deed, step.wanted.name, step.why) for step in shown])
    left = len(planned.steps) - len(shown)
    write_lines(f"{len(planned.changes)} to write, {len(planned.of(Deed.KEEP))} kept, {left} as they should be.")
