"""What is distinct, and columns of few texts."""

import numpy as np
import pytest

from shipper.decoders.columnar.cells import Cells, framed
from shipper.decoders.columnar.distinct import MOST_WORDS, distinct, words


@pytest.mark.parametrize("width", [8, 16, 40])
@pytest.mark.parametrize("values", [1, 7, 500])
def test_every_row_equals_its_model(width: int, values: int) -> None:
    dice = np.random.default_rng(values * width)
    contents = dice.integers(0, 256, (values, width), np.uint8)[dice.integers(0, values, 1000)]
    alone, which = distinct(contents)
    assert (contents[alone][which] == contents).all()
    assert len({row.tobytes() for row in contents[alone]}) == len(alone) == len({row.tobytes() for row in contents})


def test_rows_that_differ_in_one_bit_differ() -> None:
    contents = np.zeros((129, 16), np.uint8)
    for bit in range(128):
        contents[bit, bit // 8] = 1 << bit % 8
    assert len(distinct(contents)[0]) == 129


def test_nothing_has_nothing_distinct() -> None:
    alone, which = distinct(np.zeros((0, 16), np.uint8))
    assert (len(alone), len(which)) == (0, 0)


@pytest.mark.parametrize("texts", [[b"a", b"ab", b"abcdefgh", b"abcdefgi", b"abcdefghi", b"x" * 30], [b"one"]])
def test_a_column_of_few_texts_is_one_of_words(texts: list[bytes]) -> None:
    rows = [texts[row * row % len(texts)] for row in range(300)]
    found = words(_cells(rows))
    assert found is not None
    assert [found.options[code] for code in found.codes] == rows


def test_a_column_of_many_texts_is_not() -> None:
    rows = [b"%d" % (number % (MOST_WORDS + 1)) for number in range(300)]
    assert words(_cells(rows)) is None
    assert words(_cells([b"same"] * 299 + rows[:MOST_WORDS])) is None  # the first rows say nothing of the last


def _cells(texts: list[bytes]) -> Cells:
    lengths = np.array([len(text) for text in texts])
    source = framed(b"".join(texts))
    return Cells(source, np.cumsum(lengths) - lengths + 32, lengths)
