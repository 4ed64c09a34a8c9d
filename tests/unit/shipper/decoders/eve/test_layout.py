"""Neighbouring values become one group where nothing but the same text stands between them."""

import re

import pytest

from shipper.decoders.eve.layout import Hole, Layout, cut, layout

TEXT, NUMBER = rb'[^"]*+', rb"[0-9]++"


def laid_out(line: str, holes: list[Hole], document: str, alone: frozenset[int] = frozenset()) -> Layout:
    """`line` holds the number of each hole between `@`, `document` that of each group."""
    texts = document.encode().split(b"@")
    order = [int(group) for group in texts[1::2]]
    plain = {hole.group for hole in holes if not hole.groups} - alone
    return layout(line.encode().split(b"@"), holes, texts[::2], order, plain)


HOLES = [Hole(TEXT, True, 0), Hole(NUMBER, False, 1), Hole(TEXT, True, 2)]
LINE = '{"a":@0@,"b":@1@,"c":@2@}'
RAW = b'{"a":"x","b":7,"c":"y"}'


@pytest.mark.parametrize(
    ("document", "alone", "groups"),
    [
        ('{"a":"@0@","b":@1@,"c":"@2@"}', {}, [b'x","b":7,"c":"y']),
        ('{"in":{"a":"@0@","b":@1@},"c":"@2@"}', {}, [b'x","b":7', b"y"]),
        ('{"a":"@0@","b":@1@,"c":"@2@"}', {1}, [b"x", b"7", b"y"]),
        ('{"a":"@0@","b":"@1@","c":"@2@"}', {}, [b"x", b"7", b"y"]),
        ('{"c":"@2@","a":"@0@","b":@1@}', {}, [b'x","b":7', b"y"]),
        ('{"a":"@0@","b":@1@,"c":"@2@","d":"@2@"}', {}, [b'x","b":7', b"y"]),
        ('{"b":@1@,"c":"@2@","%d":""}', {}, [b"x", b'7,"c":"y']),
    ],
)
def test_what_stands_alike_in_both_is_one_group(document: str, alone: set[int], groups: list[bytes]) -> None:
    made = laid_out(LINE, HOLES, document, frozenset(alone))
    match = re.fullmatch(made.pattern, RAW)
    assert match
    assert list(match.groups()) == groups
    assert made.groups == len(groups)
    values = {0: b"x", 1: b"7", 2: b"y"}
    expected = b"".join(values[int(part)] if at % 2 else part for at, part in enumerate(document.encode().split(b"@")))
    assert made.template % tuple(match[made.numbers[at] + 1] for at in made.order) == expected


def test_groups_that_a_hole_brings_along_and_values_that_come_again_keep_their_place() -> None:
    holes = [Hole(TEXT, True, 0), Hole(NUMBER, False, 1), Hole(b"((.)x)", True, 2, groups=2), Hole(b"", True, again=4)]
    holes.insert(3, Hole(TEXT, True, 4))
    made = laid_out('{"a":@0@,"b":@1@,"t":@2@,"e":@3@,"f":@4@}', holes, '{"a":"@0@","b":@1@,"e":"@4@"}')
    match = re.fullmatch(made.pattern, b'{"a":"x","b":7,"t":"yx","e":"z","f":"z"}')
    assert match
    assert match.groups() == (b'x","b":7', b"yx", b"y", b"z")
    assert not re.fullmatch(made.pattern, b'{"a":"x","b":7,"t":"yx","e":"z","f":"x"}')
    assert (made.numbers[2], made.numbers[3], made.numbers[4]) == (1, 2, 3)


def test_the_longest_mark_is_cut_out_first() -> None:
    assert cut(b"a 7300 b 73 c", {b"73": 1, b"7300": 2}) == ([b"a ", b" b ", b" c"], [2, 1])
