"""A desired-state file that is wrong names the key, and the rule of AWS that it breaks."""

import re
from pathlib import Path

import pytest

from aws.mirror_rules import RULES
from mirror.errors import BadDesired
from mirror.managed.desired import read_desired
from mirror.managed.presets import PRESETS
from mirror_account import BALANCER, FILE

GOOD = FILE.format(balancer=BALANCER)


def filters(rules: str) -> str:
    return f'plan = "a"\n[filters.f]\nrules = [{rules}]'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plan = ", "no TOML"),
        ("", "plan: "),
        ("plan = 7", "plan: "),
        ('plan = "start"', "mirror start"),
        ('plan = "a"\ncolour = 1', "colour: there is no such key"),
        ('plan = "a"\n[targets.t]\n', str(RULES["one-target"])),
        (GOOD.replace('filter = "all"', 'filter = "some"'), "there is no [filters.some]"),
        (GOOD.replace('["sensors"]', '["others"]'), "there is no [targets.others]"),
        (GOOD.replace('{ role = "web" }', "{ }"), "sessions.web.select"),
        (GOOD.replace('filter = "all"', 'filter = "all"\npacket_length = 9000'), "sessions.web.packet_length"),
        (GOOD.replace('filter = "all"', 'filter = "all"\nfirst_number = 19950'), "mirror start"),
        (filters('{ protocol = "icmp", source_ports = "1" }'), str(RULES["ports-need-protocol"])),
        (filters('{ source = "10.0.0.0/8", destination = "::/0" }'), str(RULES["one-family"])),
        (filters('{ source = "10.0.0.1/8" }'), "host bits"),
        (filters('{ protocol = "tcp", source_ports = "9-1" }'), "no range of ports"),
        (filters(", ".join(['{ protocol = "tcp" }'] * 3)), str(RULES["rules-per-filter"])),
        ('plan = "a"\n[filters.f]\npreset = "everything"\nlocal = ["10.0.0.0/8"]', "no-local-chatter"),
        ('plan = "a"\n[filters.f]\npreset = "everything"\nrules = [{ }]', "exclude each other"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(BadDesired) as told:
        read_desired(text)
    assert said in str(told.value)


def test_two_policies_may_not_share_numbers() -> None:
    second = GOOD.partition("[sessions.web]")[2]
    with pytest.raises(BadDesired, match=r"sessions\.db and sessions\.web share session numbers"):
        read_desired(f"{GOOD}\n[sessions.db]\nfirst_number = 950\n{second}")
    desired = read_desired(f"{GOOD}\n[sessions.db]\n{second}")
    assert (desired.band("web"), desired.band("db")) == (range(1000, 1100), range(1100, 1200))


def test_a_rule_without_networks_is_for_both_families_and_directions() -> None:
    rules = read_desired(filters('{ protocol = "tcp", destination_ports = "80-90" }')).filters["f"].as_rules()
    assert {(rule.direction, rule.source) for rule in rules} == {
        ("ingress", "0.0.0.0/0"), ("egress", "0.0.0.0/0"), ("ingress", "::/0"), ("egress", "::/0"),
    }  # fmt: skip
    assert {rule.destination_ports for rule in rules} == {(80, 90)}
    [rule] = read_desired(filters('{ direction = "egress", destination = "2001:db8::/32" }')).filters["f"].as_rules()
    assert (rule.source, rule.destination, rule.number) == ("::/0", "2001:db8::/32", 10)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_keeps_aws_rules(name: str) -> None:
    rules = PRESETS[name](("10.0.0.0/16", "10.1.0.0/16"))
    assert len(rules) <= 10
    assert len({rule.place for rule in rules}) == len(rules)
    accepted = {(rule.direction, rule.source) for rule in rules if rule.action == "accept"}
    assert len(accepted) == 4, "both directions of both families"
    assert all(rule.protocol in {6, 17} for rule in rules if rule.source_ports or rule.destination_ports)


def test_everything_leaves_out_copies_that_come_to_an_analyser() -> None:
    rules = [rule for rule in PRESETS["everything"](()) if rule.direction == "ingress"]
    first = sorted(rules, key=lambda rule: rule.number)[:4]
    assert {(rule.action, rule.protocol, rule.destination_ports, rule.destination) for rule in first} == {
        ("reject", 17, (port, port), network) for port in (4789, 6081) for network in ("0.0.0.0/0", "::/0")
    }


def test_the_file_in_the_docs_is_right() -> None:
    page = (Path(__file__).parents[4] / "docs" / "mirroring.md").read_text("utf-8")
    [text] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    desired = read_desired(text)
    assert (desired.plan, [*desired.sessions], len(desired.filters["web"].as_rules())) == ("prod", ["web"], 4)
