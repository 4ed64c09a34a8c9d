"""Transcripts in a page: commands behind `$ `, and what each prints, with `…` for lines, or a line's end, left out.

In: the page's text. Out: commands and their lines; whether something was printed so, times aside.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import groupby

LEFT_OUT = "…"
_BLOCK = re.compile(r"^```\n(\$ .*?)^```$", re.MULTILINE | re.DOTALL)
_TIME = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d(?::\d\d)?")


def transcripts(page: str) -> Iterator[tuple[list[str], list[str]]]:
    """(arguments, lines) of each command, in order."""
    for block in _BLOCK.finditer(page):
        for part in block[1].split("\n$ "):
            command, *lines = part.removeprefix("$ ").rstrip("\n").split("\n")
            yield shlex.split(command), lines


def missing(told: Sequence[str], printed: str) -> list[str]:
    """Lines of a transcript that were not printed so: in this order, with nothing between but what is left out."""
    have = [_plain(line) for line in printed.splitlines()]
    at = 0
    lost: list[str] = []
    for left_out, lines in groupby(told, key=lambda line: line == LEFT_OUT):
        if left_out:
            continue
        wanted = [_plain(line) for line in lines]
        places = range(at, len(have) - len(wanted) + 1)
        found = next((place for place in places if all(map(_is, wanted, have[place:]))), None)
        if found is None:
            lost += wanted
        else:
            at = found + len(wanted)
    return lost


def _is(told: str, printed: str) -> bool:
    return printed.startswith(told.removesuffix(LEFT_OUT).rstrip()) if told.endswith(LEFT_OUT) else printed == told


def _plain(line: str) -> str:
    return _TIME.sub(lambda found: re.sub(r"\d", "0", found[0]), line).rstrip()
