"""docs/fields.md, rendered from the tables. The committed page is compared with this in tests/house."""

from collections.abc import Iterable, Sequence

from shipper.decoders.flow_log.fields import DEFAULT_FORMAT, DERIVED, FILLED, SHARED, TGW, VPC, Field, Kind

_INTRODUCTION = """\
# Fields of flow logs

Rendered from `shipper/decoders/flow_log/fields.py`; `make golden` writes it anew. Suricata's events have
[a page of their own](fields-suricata.md).

Columns may come in any order; the header line names them (with hyphens or underscores), else `--format`, else AWS's
default format. A column that is `-` has no leaf. A text that is not of its leaf's type moves to `flowtap.malformed`,
and the rest of the record stays. Columns that are not in these tables are kept together as one JSON text in
`aws.vpcflow.unknown` or `aws.tgw.unknown`.

Default format: `{default}`

NODATA and SKIPDATA records are documents with `event.kind: metric` and none of the derived leaves but times and origin.
"""

_KINDS = {
    Kind.TEXT: "keyword",
    Kind.LOWER: "keyword, in lower case",
    Kind.IP: "ip",
    Kind.PORT: "integer, 0 to 65535",
    Kind.COUNT: "long",
    Kind.SMALL: "short, 0 to 255",
    Kind.NUMBER_NAME: "keyword, 0 to 255",
    Kind.TIME: "date; the column holds seconds or milliseconds since 1970",
}


def fields_page() -> str:
    """The whole page."""
    shared = [column.name for column in SHARED]
    return "\n".join(
        [
            _INTRODUCTION.format(default=DEFAULT_FORMAT),
            "## VPC flow logs (`aws.vpcflow`)\n",
            *_columns(VPC.fields.values()),
            "\n## Transit gateway flow logs (`aws.tgwflow`)\n",
            (
                f"Also {_names(shared)}, as above, with `aws.tgw` in place of `aws.vpcflow`. "
                "A format is a transit gateway's if it has any of these columns.\n"
            ),
            *_columns(column for column in TGW.fields.values() if column.name not in shared),
            "\n## Leaves no column is copied to\n",
            "`{own}` is `aws.vpcflow` or `aws.tgw`.\n",
            *markdown_table(("leaf", "type", "what it says"), ([f"`{x.path}`", x.kind, x.meaning] for x in DERIVED)),
            "",
        ]
    )


def _columns(columns: Iterable[Field]) -> list[str]:
    rows = ([f"`{x.name}`", str(x.since), f"`{x.target}`", _KINDS[x.kind] + _filled(x)] for x in columns)
    return markdown_table(("column", "since version", "leaf", "type"), rows)


def _filled(column: Field) -> str:
    return "; not in `_source`: filled by the index from `@timestamp`" if column.name in FILLED else ""


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table."""
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
