import pytest

from shipper.opensearch.auto_create import forbidden, forbidding


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", False),
        ("false", True),
        ("", False),
        ("+*", False),
        ("*", False),
        ("-*", True),
        ("-flowtap-*,+*", True),
        ("-flowtap*, +*", True),
        ("+*,-flowtap-*", False),
        ("+logs-*,-flowtap-*,+*", True),
        ("+logs-*", True),
        ("-flowtap-aws*,+*", False),
        ("-flowtap-aws*", True),
        ("+flowtap-aws.vpcflow-*,-*", False),
        ("-other-*,+flow*", False),
        ("-flowtap,+*", False),
    ],
)
def test_the_first_pattern_that_fits_decides(value: str, expected: bool) -> None:
    assert forbidden(value, "flowtap") is expected


@pytest.mark.parametrize(
    ("value", "becomes"),
    [
        ("true", "-flowtap-*,+*"),
        ("+*, -secret", "-flowtap-*,+*,-secret"),
        ("-flowtap2-*,+*", "-flowtap-*,-flowtap2-*,+*"),
        ("+flowtap-*", "-flowtap-*,+flowtap-*"),
    ],
)
def test_what_it_says_of_others_stays(value: str, becomes: str) -> None:
    assert forbidding(value, "flowtap") == becomes
    assert forbidden(becomes, "flowtap")
