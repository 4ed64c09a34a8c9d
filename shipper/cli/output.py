"""How results look: tables for people on standard output, JSON for machines."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_UNBOUNDED_WIDTH = 2000


def write_json(value: Any) -> None:
    """One JSON document."""
    import orjson

    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE, default=str))
    sys.stdout.flush()


def write_csv(columns: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Values as they are (RFC 4180), None as nothing."""
    import csv

    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    writer.writerows(rows)
    sys.stdout.flush()


def write_table(title: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
    """A table; `columns` maps headings to "left", "right", or "number" (right, with thousands separators)."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, kind in columns.items():
        table.add_column(heading, justify="left" if kind == "left" else "right", overflow="fold")
    kinds = list(columns.values())
    for row in rows:
        table.add_row(*(shown(cell, kind) for cell, kind in zip(row, kinds, strict=True)))
    console = _console()
    console.print(title, style="bold")
    console.print(table)


def write_lines(*lines: str) -> None:
    """Plain lines of a result."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def note(line: str) -> None:
    """A remark beside the result, on standard error; control characters are made visible, but for line ends."""
    sys.stderr.write("".join(f"{shown(each)}\n" for each in line.split("\n")))
    sys.stderr.flush()


def shown(value: object, kind: str = "left") -> str:
    """A cell, with control characters made visible."""
    if value is None:
        return "-"
    if kind == "number" and isinstance(value, int):
        return f"{value:,}"
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in str(value))


def size(count: float) -> str:
    """Bytes in a unit that reads well."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def _console() -> Any:
    from rich.console import Console

    width = None if sys.stdout.isatty() else _UNBOUNDED_WIDTH  # a pipe has no width to fold at
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=width)
