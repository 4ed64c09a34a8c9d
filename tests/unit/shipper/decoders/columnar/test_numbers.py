"""Decimals of many cells at once: what `values.number` says of each."""

import numpy as np
import pytest

from shipper.decoders.columnar.cells import BEFORE, Cells, equals, framed
from shipper.decoders.columnar.distinct import MOST_WORDS, words
from shipper.decoders.columnar.numbers import canonical, decimals
from shipper.decoders.flow_log.values import number

TEXTS = (
    *(str(value) for value in (0, 1, 9, 10, 255, 256, 65_535, 65_536, 99_999_999, 100_000_000, 1_767_225_600_123)),
    *(str(value) for value in (10**16, 10**17 - 1, 10**18 - 1)),
    *("9" * size for size in range(1, 19)),
    *(
        "",
        "-",
        "00",
        "01",
        "007",
        "0" * 18,
        "1a",
        "a1",
        "1:",
        "1/",
        "-1",
        "+1",
        "1.0",
        " 1",
        "1_0",
        "\x7f1",
        "12345678x",
    ),
)
TOO_LONG = ("9223372036854775807", "19223372036854775807", "1" * 40, "0" * 19)


def cells(*texts: str) -> Cells:
    source = framed("".join(texts).encode("latin-1"))
    lengths = np.array([len(text) for text in texts], np.int64)
    return Cells(source, np.cumsum(lengths) - lengths + BEFORE, lengths)


@pytest.mark.parametrize("most_digits", [1, 3, 5, 8, 9, 13, 16, 17, 18])
def test_decimals_are_what_each_is_by_itself(most_digits: int) -> None:
    texts = (*TEXTS, *TOO_LONG)
    good, values = decimals(cells(*texts), most_digits)
    wanted = [number(text, 10**most_digits - 1) for text in texts]
    assert good.tolist() == [value is not None for value in wanted]
    assert values.tolist() == [value or 0 for value in wanted]


def test_canonical_decimals() -> None:
    texts = (*TEXTS, *TOO_LONG)
    assert canonical(cells(*texts)).tolist() == [number(text, 10**18 - 1) is not None for text in texts]


@pytest.mark.parametrize("text", ["a", "abc", "abcdefgh", "abcdefghi", "abcdefghijklmnopqrstuvw"])
def test_equal_cells(text: str) -> None:
    others = [text, text[:-1] + "x", "x" + text[1:], text + "y", text[:-1], *["z"] * 9]
    for texts in (others, [text, text, text[:-1] + "x"]):
        assert equals(cells(*texts), text.encode()).tolist() == [other == text for other in texts]


@pytest.mark.parametrize(
    "few",
    [
        ["OK"],
        ["OK", "NODATA", "SKIPDATA", "-"],
        ["vpc-0123456789abcdef0", "vpc-0123456789abcdef1", "vpc-1123456789abcdef0", "-"],
        ["eni-00000000aaaaaaaa", "aaaaaaaa", "aaaaaaaab", "a"],
        [f"word-{size}-" + "x" * size for size in range(MOST_WORDS)],
    ],
)
def test_columns_of_few_words(few: list[str]) -> None:
    texts = [few[row * row % 7 % len(few)] for row in range(300)] + few
    found = words(cells(*texts))
    assert found is not None
    assert [found.options[code].decode() for code in found.codes] == texts


def test_words_that_differ_in_their_middles_only_are_not_taken_for_each_other() -> None:
    assert words(cells(*["eni-00000000aaaaaaaa", "eni-0000000baaaaaaaa"] * 50)) is None


def test_a_column_of_many_words_is_none() -> None:
    assert words(cells(*(f"{row % (MOST_WORDS + 1):x}" for row in range(300)))) is None
    assert words(cells(*["same"] * 500, *(f"{row:x}" for row in range(MOST_WORDS)))) is None
