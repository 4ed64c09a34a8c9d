"""Pieces hold what the parts hold, row by row, and there is one between two cells."""

import numpy as np
import pytest

from shipper.decoders.columnar import writer
from shipper.decoders.columnar.cells import Words, choice
from shipper.decoders.columnar.joined import Part, joined, spread

ROWS = 40
BEGIN = b"the beginning of every row "
EVEN = np.arange(ROWS) % 2 == 0
THIRD = np.arange(ROWS) % 3 == 0
COLOURS = Words([b"red", b"green", b"", b"unused"], np.arange(ROWS) % 3)
NAMES = choice([b"name-%d" % number for number in range(ROWS)], np.arange(ROWS))


def rows_of(parts: list[Part]) -> list[bytes]:
    every = np.arange(ROWS)
    pieces = spread(joined(parts, ROWS), every, every)  # each row is of a kind of its own
    sizes = writer.lengths(pieces, ROWS)
    ends = np.cumsum(sizes)
    out = writer.room(int(ends[-1]))
    writer.write(out, pieces, ends - sizes, ends, len(BEGIN))
    writer.begin_again(out, ends - sizes, BEGIN)
    return [out[end - size : end].tobytes() for size, end in zip(sizes, ends, strict=True)]


def by_hand(parts: list[Part], row: int) -> bytes:
    found = b""
    for piece, present in parts:
        if present is None or present[row]:
            text = piece if isinstance(piece, bytes) else None
            found += text if text is not None else _text(piece, row)
    return found


def _text(piece: object, row: int) -> bytes:
    return piece.options[piece.codes[row]] if isinstance(piece, Words) else piece.text(row)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "parts",
    [
        [(BEGIN, None), (COLOURS, None), (b" ", EVEN), (COLOURS, THIRD), (b"\n", None)],
        [(BEGIN, None), (NAMES, EVEN), (b",", EVEN & THIRD), (COLOURS, EVEN), (b"}\n", None)],
        [(BEGIN, None), (NAMES, None), (NAMES, None), (b"x" * 600, EVEN), (b"\n", None)],
        [
            (BEGIN, None),
            *((b"%x" % bit, np.arange(ROWS) >> bit % 6 & 1 > 0) for bit in range(20)),
        ],
    ],
)
def test_rows_are_what_the_parts_say(parts: list[Part]) -> None:
    assert rows_of(parts) == [by_hand(parts, row) for row in range(ROWS)]


def test_what_stands_between_two_cells_is_one_piece() -> None:
    between: list[Part] = [(b"a", None), (COLOURS, EVEN), (b"b", THIRD), (b"c", None)]
    assert len(joined([(NAMES, None), *between, (NAMES, EVEN), *between], ROWS)) == 4


def test_what_is_the_same_in_all_rows_is_one_text() -> None:
    same = Words([b"one"], np.zeros(ROWS, np.int64))
    assert joined([(b"a", None), (same, None), (b"b", np.ones(ROWS, np.bool_))], ROWS) == [b"aoneb"]
