"""The policy file: what it says, and that what is wrong names its key."""

from datetime import timedelta

import pytest

from mirror.errors import BadPolicy
from mirror.response.policy import read_policy


def test_what_a_file_leaves_out_is_careful() -> None:
    policy = read_policy("[[rules]]")
    assert (policy.budget.sessions, policy.budget.sessions_per_vpc, policy.budget.new_per_hour) == (10, 5, 10)
    assert (policy.stale, policy.longest, policy.senders) == (timedelta(minutes=30), timedelta(hours=12), ())
    assert (policy.rules[0].lasts, policy.rules[0].preset) == (timedelta(hours=1), "everything")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "^rules: "),
        ("rules = []", "^rules: "),
        ("[[rules]]\ncolour = 1", r"^rules\.0\.colour: there is no such key"),
        ("[[rules]]\nfor = '1x'", r"^rules\.0\.for: say how long"),
        ("[[rules]]\nfor = '0m'", r"^rules\.0\.for: say how long"),
        ("[[rules]]\nfor = 60", r"^rules\.0\.for: say how long"),
        ("[[rules]]\nfor = '13h'", r"rules\.0\.for is more than longest"),
        ("[[rules]]\nfor = '30m'", r"rules\.0\.for is not more than stale"),
        ("stale = '9m'\n[[rules]]", "^stale is less than 10m"),
        ("[[rules]]\nroles = ['actor']", r"^rules\.0\.roles\.0: "),
        ("[[rules]]\nseverity = 'high'", r"^rules\.0\.severity: "),
        ("[[rules]]\nseverity = 11", r"^rules\.0\.severity: "),
        ("[[rules]]\ntypes = ['a b']", r"^rules\.0\.types\.0: "),
        ("[[rules]]\naction = 'evict'", r"^rules\.0\.action: "),
        ("target = 'mine'\n[[rules]]", "^target: "),
        ("senders = ['1']\n[[rules]]", r"^senders\.0: "),
        ("[budget]\nsessions = -1\n[[rules]]", r"^budget\.sessions: "),
        ("[budget]\nsessions = true\n[[rules]]", r"^budget\.sessions: "),
        ("[never]\ncolour = ['a']\n[[rules]]", r"^never\.colour: there is no such key"),
        ("rules", "^no TOML: "),
    ],
)
def test_what_is_wrong_names_its_key(text: str, says: str) -> None:
    with pytest.raises(BadPolicy, match=says):
        read_policy(text)
