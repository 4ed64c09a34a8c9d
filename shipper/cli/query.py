"""`shipper query NAME`: ready-made questions to the store."""

import click

from shipper.cli.context import Context, now
from shipper.cli.output import note, write_json, write_table
from shipper.errors import ConfigError
from shipper.period import HELP, period


@click.command(short_help="Ready-made questions.")
@click.argument("name", required=False)
@click.option("--since", default="24h", show_default=True, help=f"Begin: {HELP}.")
@click.option("--until", default="0m", show_default="now", help="End, in the same grammar.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most rows; of alerts, most alerts."
)
@click.option("--json", "json_wanted", is_flag=True, help="As JSON.")
@click.pass_obj
def query(context: Context, /, name: str | None, since: str, until: str, limit: int, json_wanted: bool) -> int:
    """Ask a ready-made question by NAME; without one, list them."""
    from shipper.views.queries import QUESTIONS
    from shipper.views.question import Scope, ask

    if name is None:
        rows = [(key, question.title, question.rule) for key, question in QUESTIONS.items()]
        write_table("Questions", {"name": "left", "answers": "left", "how it counts": "left"}, rows)
        return 0
    if name not in QUESTIONS:
        raise ConfigError(f"no question is called {name}; there are {', '.join(QUESTIONS)}")
    question = QUESTIONS[name]
    scope = Scope(*period(since, until, now()), limit)
    found = ask(context.store, context.settings.opensearch.prefix, question, scope)
    if json_wanted:
        write_json([dict(zip(question.columns, row, strict=True)) for row in found])
        return 0
    write_table(
        f"{question.title}, {scope.since:%Y-%m-%d %H:%M} to {scope.until:%Y-%m-%d %H:%M} UTC", question.columns, found
    )
    note(question.rule if found else "Nothing found in this time; --since and --until choose another.")
    return 0
