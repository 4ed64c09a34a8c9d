"""`shipper query NAME`: ready-made questions to the store."""

from collections.abc import Callable, Mapping

import click

from shipper.cli.asked_period import asked_period
from shipper.cli.context import Context
from shipper.cli.output import note, write_csv, write_json, write_table
from shipper.errors import ConfigError
from shipper.period import HELP
from shipper.views.filters import FILTERS, clauses


def _filters(command: Callable[..., int]) -> Callable[..., int]:
    """An option for each."""
    for name, each in reversed(list(FILTERS.items())):
        command = click.option(f"--{name}", default=None, help=f"Only {each.meaning}.")(command)
    return command


@click.command(short_help="Ready-made questions.")
@click.argument("name", required=False)
@_filters
@click.option("--since", default=None, help=f"Begin: {HELP}.  [default: the newest 24 hours that hold data]")
@click.option("--until", default=None, help="End, in the same grammar.  [default: now]")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most rows; of alerts, most alerts."
)
@click.option("--json", "json_wanted", is_flag=True, help="As JSON.")
@click.option("--csv", "csv_wanted", is_flag=True, help="As CSV (RFC 4180), with a header.")
@click.pass_obj
def query(
    context: Context,
    /,
    name: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    json_wanted: bool,
    csv_wanted: bool,
    **given: str | None,
) -> int:
    """Ask a ready-made question by NAME; without one, list them. Filters narrow it; all of them must hold."""
    from shipper.views.distinct import Estimate, named
    from shipper.views.queries import question
    from shipper.views.question import Scope, ask, newest

    if json_wanted and csv_wanted:
        raise ConfigError("--json or --csv, not both")
    if name is None:
        return _list(json_wanted)
    asked = question(name)
    narrowed = clauses({each: text for each, text in given.items() if text is not None}, asked.filters, name)
    store, prefix = context.store, context.settings.opensearch.prefix
    begin, end = asked_period(since, until, lambda: newest(store, prefix, asked, narrowed))
    found = ask(store, prefix, asked, Scope(begin, end, limit, narrowed))
    if json_wanted:
        write_json([named(asked.columns, row) for row in found])
    elif csv_wanted:
        write_csv(asked.columns, found)
    else:
        write_table(f"{asked.title}, {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC", asked.columns, found)
        note(asked.rule if found else "Nothing found; other --since and --until, or fewer filters, may find more.")
    estimated = [name for at, name in enumerate(asked.columns) if any(isinstance(row[at], Estimate) for row in found)]
    if estimated and not json_wanted:
        note(f"Estimated (≈), mostly within two percent, where there are too many to count: {', '.join(estimated)}.")
    return 0


def _list(json_wanted: bool) -> int:
    from shipper.views.queries import names, question

    rows = [(name, question(name).title, question(name).rule) for name in names()]
    columns: Mapping[str, str] = {"name": "left", "answers": "left", "how it counts": "left"}
    if json_wanted:
        write_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        write_table("Questions", columns, rows)
    return 0
