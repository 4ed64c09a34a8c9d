import pytest

from shipper.opensearch.pattern import covers, overlap


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("f-a-*", "f-a-*", True),
        ("f-a-*", "*", True),
        ("f-a-*", "f-*", True),
        ("f-a-*", "*-2026.01", True),
        ("f-a-*", "f-a-x", True),
        ("f-a-*", "f-b-*", False),
        ("f-a-*", "f2-*", False),
        ("f-a-*", "f-a", False),
        ("f-a-*", "*b*a*", True),
        ("abc", "a*c", True),
        ("abc", "a*d", False),
        ("", "*", True),
        ("", "a", False),
        ("a*b*c", "*x*", True),
        ("*a", "b*", True),
        ("x*y*z" * 6, "x*y*z" * 6 + "!", False),
    ],
)
def test_patterns_overlap_when_one_name_can_match_both(one: str, other: str, both: bool) -> None:
    assert overlap(one, other) is both
    assert overlap(other, one) is both


@pytest.mark.parametrize(
    ("one", "other", "all_of_it"),
    [
        ("f-*", "f-*", True),
        ("*", "f-*", True),
        ("f*", "f-*", True),
        ("f-a*", "f-*", False),
        ("f-", "f-*", False),
        ("f.*", "f-*", False),
        ("*-*", "f-*", True),
        ("f-*x", "f-*", False),
    ],
)
def test_a_pattern_covers_another_when_it_takes_all_its_names(one: str, other: str, all_of_it: bool) -> None:
    assert covers(one, other) is all_of_it
