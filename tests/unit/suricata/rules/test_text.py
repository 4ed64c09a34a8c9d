"""Rules in the text of their files."""

from hypothesis import given
from hypothesis import strategies as st

from suricata.rules.packaged import packaged_rules
from suricata.rules.text import Rule, rules_in, without

TEXT = """\
# a remark about sid:5; in (brackets)
alert tcp any any -> any any (msg:"one \\"quoted\\""; sid:1; rev:1;)

#alert tcp any any -> any any (msg:"off"; sid:2;)
# # drop udp any any -> any any (msg:"off, too"; sid: 3 ;)
alert http any any -> any any (msg:"in parts"; \\
    content:"x"; \\
    sid:4;)
  pass ip any any -> any any (sid:5;)
alert tcp any any -> any any (msg:"the msg says sid:9 but it is 6"; sid:6;)
"""


def test_every_rule_is_found_where_it_stands() -> None:
    assert [*rules_in(TEXT)] == [
        Rule(1, 'one \\"quoted\\"', 2, True),
        Rule(2, "off", 4, False),
        Rule(3, "off, too", 5, False),
        Rule(4, "in parts", 6, True),
        Rule(5, "", 9, True),
        Rule(6, "the msg says sid:9 but it is 6", 10, True),
    ]


def test_what_is_disabled_is_commented_out_whole_and_no_line_moves() -> None:
    made = without(TEXT, {2, 4})
    assert [(rule.sid, rule.on) for rule in rules_in(made) if not rule.on] == [(2, False), (3, False)]
    changed = [
        (number, new)
        for number, (old, new) in enumerate(zip(TEXT.splitlines(), made.splitlines(), strict=True), 1)
        if old != new
    ]
    assert [number for number, _ in changed] == [6, 7, 8]
    assert all(line.startswith("#") for _, line in changed)


def test_the_rules_that_are_shipped_are_all_on_and_in_their_range() -> None:
    found = [*rules_in(packaged_rules())]
    assert len(found) > 10
    assert len({rule.sid for rule in found}) == len(found)
    assert all(rule.on and rule.message.startswith("FLOWTAP ") and 9_000_000 <= rule.sid < 9_001_000 for rule in found)


@given(st.text(max_size=300), st.sets(st.integers(1, 9)))
def test_any_text_keeps_its_lines(text: str, sids: set[int]) -> None:
    made = without(text, sids)
    assert len(made.splitlines()) == len(text.splitlines())
    assert all(new.endswith(old) for old, new in zip(text.splitlines(), made.splitlines(), strict=True))
