"""Which lines need a closer look, told for a whole chunk at once, against a look at each."""

import pytest

from shipper.decoders.eve.physical_lines import PhysicalLines, printable
from shipper.identity import MAX_RECORD_BYTES

LONG = b"x" * MAX_RECORD_BYTES


@pytest.mark.parametrize(
    "records",
    [
        b"",
        b"\n",
        b"plain",
        b"plain\nother\n",
        b"a\\b\nplain\n\nc\\",
        b"plain\n\ttab\\\nother\n",
        b"\x00\nplain\n\x7f\n~\n",
        "plain\né\n\\\n".encode(),
        b"plain\r\nother\n",
        b"\xff",
    ],
)
def test_unusual_are_lines_with_a_backslash_or_what_is_not_printable(records: bytes) -> None:
    found = PhysicalLines(records)
    odd = [number for number, raw in enumerate(found.raws) if b"\\" in raw or not printable(raw)]
    assert sorted(found.unusual) == odd
    assert not found.cut


@pytest.mark.parametrize(
    ("records", "cut"),
    [
        (LONG, []),
        (LONG + b"\n", []),
        (LONG + b"x", [0]),
        (LONG + b"x\n", [0]),
        (b"\n\n" + LONG + b"x", [2]),
        (b"\n\n" + LONG, []),
        (LONG + b"x\n\n\n", [0]),
        (LONG + b"\n" + LONG + b"x\n" + LONG, [1]),
    ],
)
def test_over_long_lines_are_cut_ones(records: bytes, cut: list[int]) -> None:
    found = PhysicalLines(records)
    assert sorted(found.cut) == cut
    assert sorted(found.unusual) == cut


def test_a_line_that_began_before_is_a_cut_one() -> None:
    assert sorted(PhysicalLines(b"rest\nplain\n", mid_line=True).cut) == [0]
