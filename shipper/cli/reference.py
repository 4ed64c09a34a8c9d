"""docs/settings.md, docs/commands.md and docs/queries.md, made from the models, the commands and the questions.

`python -m shipper.cli.reference docs` writes them; tests/house compares the committed pages with what is made here.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from shipper.cli.main import cli
from shipper.init import Section, sections
from shipper.views.filters import FILTERS
from shipper.views.queries import names, question

_WIDTH = 100

_SETTINGS = """\
# Settings

Made from `shipper/settings.py`; `make docs` writes this page anew.

`shipper init` writes a settings file with all of this in it, commented out. `shipper doctor` says which file is used,
where OpenSearch's address came from, and what is wrong.

## Which value counts

The first that is given:

1. `--set section.key=value` before the command, repeatable (not for the password: other users could see it);
2. the environment variable, such as `SHIPPER_OPENSEARCH__URL`;
3. the settings file: `--config FILE`, else the file named by `SHIPPER_CONFIG`, else `./shipper.toml`, else
   `~/.config/flowtap/shipper.toml` (below `XDG_CONFIG_HOME` where that is set). One file only: they are not merged;
4. the default.

Keys and `SHIPPER_` variables that name no setting are refused, and so are values that do not fit. The message names the
key and the place where it was set.

## Where OpenSearch is

The first that names an address:

1. `opensearch.url`, from any of the places above;
2. `OPENSEARCH_URL`, with `OPENSEARCH_USERNAME`, `OPENSEARCH_PASSWORD` and `OPENSEARCH_CA_FILE`; user and password may
   also stand in that address;
3. the connection file that the stack (`make up`) leaves on its host: the file named by `SHIPPER_STACK_FILE`, else
   `~/.config/flowtap/stack.toml`;
4. `http://127.0.0.1:9200`.

User, password and authority are used only with the address they were given for: what stands in the stack's connection
file, or beside `OPENSEARCH_URL`, never goes to another address. Those in settings (`opensearch.username` and so on) are
for `opensearch.url`; where that is not set, for the stack's address and the default one, never for `OPENSEARCH_URL`. An
address given by a higher place (environment over file) takes none over from a lower.

## Amazon OpenSearch Service

```toml
[opensearch]
url = "https://search-flows-abc123.eu-central-1.es.amazonaws.com"
auth = "sigv4"
```

Every request to that address, and to no other, is then signed with AWS credentials (Signature Version 4), found where
AWS's own tools find them: environment, `aws.profile`, web identity, container or instance role; `aws.role_arn` is
taken on with them. What expires is renewed in time, so runs may last longer than any session. Keys in a file or the
environment are read once: use `credential_process` or a role where they change meanwhile. The region is the one in
the address, else `aws.region`, `AWS_DEFAULT_REGION` or the profile's; behind an address of your own (CNAME, proxy)
set `aws.region`. With fine-grained access control, map the identity (its ARN, or its role's) to a role that may do
what flowtap_writer may. Domains with a user and password of their own need nothing of this: `opensearch.username`.
Signatures tell the time: the clock must be right.
"""

_BY_NAME = """\
One table for each, such as `[datasets."aws.vpcflow"]`. The environment variable holds all of them as JSON:
`SHIPPER_DATASETS='{"aws.vpcflow": {"retention_days": 90}}'`. On the command line:
`--set datasets.aws.vpcflow.retention_days=90`.
"""

_BY_TYPE = """\
A live input for `shipper run`; one table for each, by a name of your own: `[inputs.{kind}]`, with `type = "{kind}"`.
The environment variable holds all of them as JSON.
"""

_COMMANDS = """\
# Commands

Made from the commands' own help; `make docs` writes this page anew.

Results are on standard output (`--json` for machines), everything else on standard error. Exit codes are the same for
all commands.
"""


_QUERIES = """\
# Questions

Made from `shipper/views/queries/`; `make docs` writes this page anew.

`shipper query NAME` asks one, as a table, `--json` or `--csv`. Without `--since` and `--until` it is about the newest
24 hours that hold data, so old logs answer too. Filters are ANDed; the title line says which time was asked about.

What each counts is part of the answer, because the same traffic is recorded by the interfaces of both ends: records
are counted as they are, bytes and packets where it says so at one interface only. The answers are compared with SQL
over the same raw records in `tests/integration/test_query.py`, and over a million of them by `bench/query.py`.

Distinct values (clients, servers, connections …) are counted one by one, because OpenSearch's own count of them is an
estimate. Where that would take more than ten pages of 10,000 the greatest stay estimates, mostly within two percent:
they are marked `≈`, and in `--json` the row names them in `estimated`.

Who leads is found over all partitions: each of their shards tells its ten thousand greatest, and then all figures of
those that lead the sum, so a port that is no month's first may be the year's.
"""


def queries_page() -> str:
    """docs/queries.md."""
    filters = [line for name, each in FILTERS.items() for line in _row(f"`--{name}`", each.meaning)]
    rows = [
        line
        for name in names()
        for line in _row(
            f"`{name}`", question(name).title, question(name).rule, ", ".join(question(name).columns),
        )
    ]  # fmt: skip
    return "\n".join(
        [
            _QUERIES,
            *_row("name", "answers", "how it counts", "columns"),
            *_row(*["---"] * 4),
            *rows,
            "",
            "Alerts are narrowed by addresses, port and protocol; ICMP has no port.",
            "",
            *_row("filter", "only"),
            *_row(*["---"] * 2),
            *filters,
            "",
        ]
    )


def settings_page() -> str:
    """docs/settings.md."""
    return "\n".join([_SETTINGS, *(line for section in sections() for line in _section(section))])


def commands_page() -> str:
    """docs/commands.md: every command and its subcommands; exit codes stand in the first one's help."""
    return "\n".join([_COMMANDS, *(f"## `{path}`\n\n```text\n{text}\n```\n" for path, text in helps())])


def helps() -> Iterator[tuple[str, str]]:
    """(command line, its help), from the root down."""
    root = click.Context(cli, info_name="shipper", terminal_width=_WIDTH, **cli.context_settings)
    yield from _helps(cli, root)


def write(folder: Path) -> None:
    """Write all pages."""
    (folder / "settings.md").write_text(settings_page(), "utf-8")
    (folder / "commands.md").write_text(commands_page(), "utf-8")
    (folder / "queries.md").write_text(queries_page(), "utf-8")


def _helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None  # noqa: S101  (for the type checker: it was listed)
            yield from _helps(inner, click.Context(inner, info_name=name, parent=context, terminal_width=_WIDTH))


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}\n"
    yield f"{section.description}\n"
    if section.by_name:
        yield _BY_TYPE.format(kind=section.kind) if section.kind else _BY_NAME
    yield from _row("key", "environment variable", "type", "default", "what it is")
    yield from _row(*["---"] * 5)
    for setting in section.settings:
        default = f"`{setting.default}`" if setting.default not in {"", '""'} else "none"
        yield from _row(f"`{setting.key}`", f"`{setting.variable}`", setting.type, default, setting.description)
    yield ""


def _row(*cells: str) -> Iterator[str]:
    yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main(arguments: Sequence[str]) -> int:
    """Write the pages into the folder named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m shipper.cli.reference FOLDER\n")
        return 2
    write(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
