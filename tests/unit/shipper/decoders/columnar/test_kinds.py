"""Rows of a kind have the same parts and words; rows that differ in one are of other kinds."""

import numpy as np

from shipper.decoders.columnar.cells import Words
from shipper.decoders.columnar.kinds import kinds

ROWS = np.arange(3, 200)
FLAGS = [np.arange(200) % size == 0 for size in range(2, 40)]
WORDS = [Words([b"%d" % each for each in range(size)], np.arange(200) // 7 % size) for size in (1, 2, 12, 200)]
PARTS = [*((b"x", flags) for flags in FLAGS), *((words, None) for words in WORDS), (b"y", None)]


def told(row: int) -> tuple[int, ...]:
    return (*(int(flags[row]) for flags in FLAGS), *(int(words.codes[row]) for words in WORDS))


def test_rows_are_of_one_kind_if_they_have_the_same_parts_and_words() -> None:
    found = kinds(PARTS, ROWS)
    assert [told(found.models[code]) for code in found.codes] == [told(row) for row in ROWS]
    assert len({told(row) for row in ROWS}) == len(found.models)


def test_where_nothing_differs_there_is_one_kind() -> None:
    found = kinds([(b"x", None)], ROWS)
    assert found.codes.tolist() == [0] * len(ROWS)
    assert found.models.tolist() == [ROWS[0]]
