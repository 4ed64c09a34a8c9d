"""Suppressions and disabled rules: found, added once, removed, and others' lines left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suricata.errors import BadSensor
from suricata.rules.muted import (
    Disabled,
    Suppression,
    disabled_in,
    suppression,
    suppressions_in,
    with_disabled,
    with_suppression,
    without_disabled,
    without_suppression,
)

OTHERS = """\
# written by somebody
threshold gen_id 1, sig_id 10, type limit, track by_src, count 1, seconds 60
suppress gen_id 1, sig_id 10
suppress gen_id 1, sig_id 11, track by_dst, ip [10.0.0.1,10.0.0.2]
suppress gen_id 1, sig_id 12, track by_src, ip $HOME_NET   # why not
"""


def made(sid: int, source: str = "", why: str = "") -> Suppression:
    return suppression(sid, source, since="2026-01-01T00:00:00Z", why=why)


def test_others_suppressions_are_seen() -> None:
    assert [found.place for found in suppressions_in(OTHERS)] == [
        (10, "", ""),
        (11, "by_dst", "[10.0.0.1,10.0.0.2]"),
        (12, "by_src", "$HOME_NET"),
    ]


def test_what_is_added_is_found_again_with_since_and_why() -> None:
    wanted = made(9, "10.1.0.0/16", "a scanner\nof ours")
    text = with_suppression(OTHERS.rstrip("\n"), wanted)
    assert text.startswith(OTHERS)
    assert [*suppressions_in(text)][-1] == Suppression(9, "by_src", "10.1.0.0/16", wanted.since, "a scanner of ours")
    assert "suppress gen_id 1, sig_id 9, track by_src, ip 10.1.0.0/16\n" in text


@pytest.mark.parametrize("again", ["10.1.2.3", "10.1.2.3/32"])
def test_the_same_twice_is_one(again: str) -> None:
    text = with_suppression("", made(9, "10.1.2.3"))
    assert with_suppression(text, made(9, again, "another reason")) == text
    assert with_suppression(OTHERS, made(10)) == OTHERS


def test_removing_takes_the_remark_along_and_nothing_else() -> None:
    text = with_suppression(with_suppression(OTHERS, made(9, "10.1.2.3")), made(9, "2001:DB8::/32"))
    assert without_suppression(without_suppression(text, 9, "10.1.2.3"), 9, "2001:db8::/32") == OTHERS
    assert without_suppression(text, 9) == OTHERS
    assert without_suppression(text, 8) == text
    assert "sig_id 10," in without_suppression(text, 10)


@pytest.mark.parametrize("source", ["x", "10.0.0.1/8", "300.1.1.1", "10.0.0.0/8, ip 1.1.1.1", "$HOME_NET", "::1\n"])
def test_what_is_no_network_is_refused(source: str) -> None:
    with pytest.raises(BadSensor, match="no address and no network"):
        made(9, source)


def test_disabled_rules_come_and_go() -> None:
    text = with_disabled("# mine\n7\n", Disabled(9, "2026-01-01", "too\nloud"))
    assert [*disabled_in(text)] == [Disabled(7), Disabled(9, "2026-01-01", "too loud")]
    assert with_disabled(text, Disabled(9, "later", "x")) == text
    assert without_disabled(text, 9) == "# mine\n7\n"
    assert without_disabled(text, 8) == text


def test_a_line_that_is_no_sid_is_named() -> None:
    with pytest.raises(BadSensor, match=r"disabled\.conf:2: 'group:x'"):
        list(disabled_in("1\ngroup:x\n"))


@given(
    st.text(max_size=200), st.integers(1, 2**32 - 1), st.sampled_from(["", "10.0.0.0/8", "::1"]), st.text(max_size=30)
)
def test_whatever_is_in_the_file_adding_is_found_and_repeating_changes_nothing(
    text: str, sid: int, source: str, why: str
) -> None:
    wanted = made(sid, source, why)
    once = with_suppression(text, wanted)
    assert wanted.place in {found.place for found in suppressions_in(once)}
    assert with_suppression(once, wanted) == once
    assert wanted.place not in {
        found.place for found in suppressions_in(without_suppression(once, sid, source or None))
    }
