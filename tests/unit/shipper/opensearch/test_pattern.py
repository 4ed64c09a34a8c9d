import pytest

from shipper.opensearch.pattern import overlap


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
