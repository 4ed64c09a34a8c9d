"""`shipper dashboards …`: what people look at, built, checked and put into OpenSearch Dashboards."""

from pathlib import Path

import click

from shipper.cli.context import Context
from shipper.cli.dashboards_server import export_command, import_command, plan_command, proxy_command
from shipper.cli.output import note, write_json, write_lines, write_table


@click.group(short_help="What people look at: build, check, plan, import, export, proxy.")
def dashboards() -> None:
    """Dashboards that are there after deploy: index patterns, panels, saved searches."""


@dashboards.command("build")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder [default: the package's own].")
@click.option("--check", "check_only", is_flag=True, help="Write nothing; fail where a file is not current.")
def build_command(out: Path | None, check_only: bool) -> int:
    """Write the NDJSON files from the panels and the index templates."""
    from shipper.dashboard_files import built, differing, write
    from shipper.errors import ConfigError

    folder = out or Path(__file__).parents[2] / "dashboards" / "objects"
    files = built()
    stale = differing(folder, files)
    if check_only:
        if stale:
            raise ConfigError(f"not current: {', '.join(stale)}. `shipper dashboards build` writes them anew")
        write_lines("Every file is what the panels and the templates say.")
        return 0
    write(folder, files)
    write_lines(f"{len(files)} files in {folder}: {len(stale)} changed{''.join(f', {name}' for name in stale)}.")
    return 0


@dashboards.command("check")
@click.option("--store", "with_store", is_flag=True, help="Also run every panel's query on OpenSearch.")
@click.option("--since", default="now-24h", show_default=True, help="Beginning of the range, with --store.")
@click.option("--until", default="now", show_default=True, help="End of the range, with --store.")
@click.option("--json", "json_wanted", is_flag=True, help="Results as JSON.")
@click.pass_obj
def check_command(context: Context, /, with_store: bool, since: str, until: str, json_wanted: bool) -> int:
    """Check references, fields, types and versions; with --store that no panel is empty. Changes nothing.

    Exit 3 where the objects are wrong; an empty panel is told, not an error: there may be no such traffic.
    """
    from dashboards.bundle import shipped
    from dashboards.check import faults
    from dashboards.query import TimeRange
    from shipper.errors import ConfigError
    from shipper.views.panels import ask

    objects = shipped(context.settings.opensearch.prefix)
    if found := faults(objects):
        raise ConfigError("\n".join(found))
    answers = list(ask(context.store, objects, TimeRange(since, until))) if with_store else []
    empty = [each for each in answers if each.empty]
    if json_wanted:
        rows = [{"id": each.id, "documents": each.documents, "milliseconds": each.milliseconds} for each in answers]
        write_json({"objects": len(objects), "panels": rows, "empty": [each.id for each in empty]})
        return 0
    if answers:
        columns = {"panel": "left", "documents": "number", "milliseconds": "number"}
        write_table("Panels", columns, [(each.id, each.documents, round(each.milliseconds)) for each in answers])
    for each in empty:
        note(f"{each.id} «{each.title}» would be empty: nothing of its kind since {since}.")
    write_lines(f"{len(objects)} objects: references, fields, types and versions are right.")
    return 0


for _command in (plan_command, import_command, export_command, proxy_command):
    dashboards.add_command(_command)
