"""What the rules of a network make of a record: each kind of rule, both ways, and what cannot be known."""

import pytest

from access_samples import AWAY, GROUP, HOME, SUBNET, VPC, entry, interface, network, record, rule
from shipper.access.check import Check, Gate, Outcome
from shipper.access.explain import Explanation, explain
from shipper.access.network import Network, read_network
from shipper.access.record import Seen
from shipper.errors import ConfigError

HTTPS = rule("tcp 443")
FROM_HOME = {"source": HOME, "destination": AWAY, "client": HOME}


def check(found: Explanation, gate: Gate, *, answers: bool = False) -> Check:
    (one,) = (each for each in found.checks if each.gate is gate and each.answers == answers)
    return one


def groups(known: Network, seen: Seen) -> Outcome:
    return check(explain(known, seen), Gate.GROUPS).outcome


def acl(known: Network, seen: Seen, *, answers: bool = False) -> Check:
    return check(explain(known, seen), Gate.ACL, answers=answers)


def test_a_rule_that_fits_lets_in_and_is_named():
    found = explain(network(HTTPS), record())
    assert (found.now, found.answer, found.agrees) == (Outcome.ALLOWED, Outcome.ALLOWED, True)
    assert [each.id for each in check(found, Gate.GROUPS).rules] == [HTTPS["SecurityGroupRuleId"]]
    assert [(each.gate, each.egress, each.answers) for each in found.checks] == [
        (Gate.ACL, False, False), (Gate.GROUPS, False, False), (Gate.GROUPS, True, True), (Gate.ACL, True, True),
    ]  # fmt: skip


def test_no_rule_refuses_and_the_nearest_are_shown():
    other_port, other_peer = rule("tcp 22", f"{AWAY}/32"), rule("tcp 443", "203.0.113.0/24")
    found = explain(network(other_port, other_peer), record(action="reject"))
    assert (found.now, found.agrees) == (Outcome.REFUSED, True)
    refused = check(found, Gate.GROUPS)
    assert found.decisive is refused
    assert {each.id for each in refused.near} == {each["SecurityGroupRuleId"] for each in (other_port, other_peer)}
    assert "tcp 443 from 198.51.100.7" in refused.why


@pytest.mark.parametrize(
    ("service", "protocol", "ports", "outcome"),
    [
        ("tcp 443", 6, (40_000, 443), Outcome.ALLOWED),
        ("tcp 400-500", 6, (40_000, 400), Outcome.ALLOWED),
        ("tcp 400-500", 6, (40_000, 501), Outcome.REFUSED),
        ("udp 443", 6, (40_000, 443), Outcome.REFUSED),
        ("-1", 6, (40_000, 443), Outcome.ALLOWED),
        ("-1", 47, None, Outcome.ALLOWED),
        ("47", 47, None, Outcome.ALLOWED),
        ("tcp 443", 47, None, Outcome.REFUSED),
        ("icmp", 1, None, Outcome.ALLOWED),
        ("icmp 8-0", 1, None, Outcome.UNDECIDED),
        ("icmpv6", 1, None, Outcome.REFUSED),
        ("tcp 0-65535", 6, None, Outcome.ALLOWED),
        ("tcp 443", 6, None, Outcome.UNDECIDED),
    ],
)
def test_services(service: str, protocol: int, ports: tuple[int, int] | None, outcome: Outcome):
    assert groups(network(rule(service)), record(ports=ports, protocol=protocol)) is outcome


def test_all_groups_of_an_interface_together():
    both = [interface(groups=["sg-1", "sg-2"])]
    known = network(rule("tcp 22"), rule("tcp 443", group="sg-2"), rule("tcp 443", group="sg-3"), interfaces=both)
    found = check(explain(known, record()), Gate.GROUPS)
    assert found.outcome is Outcome.ALLOWED
    assert [each.owner for each in found.rules] == ["sg-2 (name of sg-2)"]


def test_inbound_and_outbound_rules_are_not_mixed_up():
    assert groups(network(rule("tcp 443", egress=True)), record()) is Outcome.REFUSED
    assert groups(network(rule("tcp 443", egress=True)), record(**FROM_HOME)) is Outcome.ALLOWED
    assert groups(network(rule("tcp 443")), record(**FROM_HOME)) is Outcome.REFUSED


def test_ipv6():
    own = [interface(Ipv6Addresses=[{"Ipv6Address": "2001:db8::5"}])]
    seen = record("2001:db8:1::7", "2001:db8::5", client="2001:db8:1::7")
    six = [entry(100, "allow", block="::/0"), entry(100, "allow", block="::/0", egress=True)]
    allowed = explain(network(rule("tcp 443", "2001:db8:1::/48"), entries=six, interfaces=own), seen)
    assert (allowed.now, allowed.answer) == (Outcome.ALLOWED, Outcome.ALLOWED)
    assert groups(network(HTTPS, entries=six, interfaces=own), seen) is Outcome.REFUSED, "0.0.0.0/0 is IPv4 only"
    assert acl(network(HTTPS, interfaces=own), seen).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("lists", "outcome"),
    [
        ([{"PrefixListId": "pl-1", "Entries": [{"Cidr": "198.51.100.0/24"}]}], Outcome.ALLOWED),
        ([{"PrefixListId": "pl-1", "Entries": [{"Cidr": "203.0.113.0/24"}]}], Outcome.REFUSED),
        ([{"PrefixListId": "pl-1"}], Outcome.UNDECIDED),
        ([], Outcome.UNDECIDED),
    ],
    ids=["in", "not in", "unread", "unknown"],
)
def test_prefix_lists(lists: list[dict[str, object]], outcome: Outcome):
    assert groups(network(rule("tcp 443", {"PrefixListId": "pl-1"}), PrefixLists=lists), record()) is outcome


def test_members_of_a_group_count_by_their_private_addresses():
    refers = rule("tcp 443", {"ReferencedGroupInfo": {"GroupId": "sg-peer"}})
    inside = record("10.0.1.9", HOME, client="10.0.1.9")
    peer = interface("eni-2", ["sg-peer"], "10.0.1.9", SubnetId="subnet-2")
    stranger = interface("eni-2", ["sg-other"], "10.0.1.9", SubnetId="subnet-2")
    assert groups(network(refers, interfaces=[interface(), peer]), inside) is Outcome.ALLOWED
    assert groups(network(refers, interfaces=[interface(), stranger]), inside) is Outcome.REFUSED
    assert groups(network(refers), record()) is Outcome.REFUSED, "from outside nobody is a member"
    known = [{"SubnetId": "subnet-2", "VpcId": VPC, "CidrBlock": "10.0.1.0/24"}]
    assert groups(network(refers, Subnets=known), inside) is Outcome.UNDECIDED, "nobody has that address any more"


def test_a_group_of_another_account_is_not_known():
    refers = rule("tcp 443", {"ReferencedGroupInfo": {"GroupId": "sg-far", "UserId": "999900001111"}})
    assert groups(network(refers), record()) is Outcome.UNDECIDED


def test_the_first_rule_of_a_network_acl_that_fits_decides():
    entries = [entry(200, "allow"), entry(90, "deny", "tcp 443"), entry(80, "deny", "tcp 443", "203.0.113.0/24")]
    found = acl(network(HTTPS, entries=entries), record(action="reject"))
    assert (found.outcome, [each.number for each in found.rules]) == (Outcome.REFUSED, [90])
    assert acl(network(HTTPS, entries=entries), record(ports=(40_000, 80))).outcome is Outcome.ALLOWED


def test_what_fits_no_rule_is_refused_by_the_last():
    found = acl(network(HTTPS, entries=[entry(100, "allow", "tcp 80")]), record())
    assert (found.outcome, [each.id for each in found.rules]) == (Outcome.REFUSED, ["*"])


def test_an_icmp_type_decides_only_where_it_makes_a_difference():
    open_at_the_end = [entry(90, "allow", "icmp 8-0"), entry(100, "allow")]
    assert acl(network(entries=open_at_the_end), record(ports=None, protocol=1)).outcome is Outcome.ALLOWED
    closed = [entry(90, "allow", "icmp 8-0")]
    assert acl(network(entries=closed), record(ports=None, protocol=1)).outcome is Outcome.UNDECIDED


def test_the_answer_passes_the_network_acl_by_its_own_port():
    low_only = [entry(100, "allow"), entry(100, "allow", "tcp 0-1023", egress=True)]
    found = explain(network(HTTPS, entries=low_only), record())
    assert (found.now, found.answer, found.agrees) == (Outcome.ALLOWED, Outcome.REFUSED, True)
    assert check(found, Gate.ACL, answers=True).egress
    answer = record(HOME, AWAY, (443, 40_000), action="reject")
    refused = explain(network(HTTPS, entries=low_only), answer)
    assert (refused.now, refused.agrees, refused.egress) == (Outcome.REFUSED, True, False)
    assert refused.decisive is check(refused, Gate.ACL, answers=True)


def test_of_a_request_that_goes_out_the_answer_comes_in():
    no_high_ports = [entry(100, "allow", "tcp 0-1023"), entry(100, "allow", egress=True)]
    found = explain(network(rule("-1", egress=True), entries=no_high_ports), record(**FROM_HOME))
    assert (found.now, found.answer, found.egress) == (Outcome.ALLOWED, Outcome.REFUSED, True)


def test_inside_a_subnet_there_is_no_network_acl():
    neighbour = record("10.0.0.9", HOME, client="10.0.0.9")
    found = explain(network(HTTPS, entries=[]), neighbour)
    assert (found.now, found.answer) == (Outcome.ALLOWED, Outcome.ALLOWED)
    assert check(found, Gate.ACL).outcome is Outcome.UNASKED


def test_an_interface_without_groups_is_not_asked_for_any():
    bare = [interface(groups=[], InterfaceType="nat_gateway")]
    found = explain(network(interfaces=bare), record(action="reject"))
    assert (found.now, found.agrees) == (Outcome.ALLOWED, False)
    assert any("nat_gateway" in each for each in found.reasons)


@pytest.mark.parametrize(("direction", "egress"), [("ingress", False), ("egress", True)])
def test_flow_direction_comes_before_addresses(direction: str, egress: bool):
    assert explain(network(HTTPS), record(AWAY, "203.0.113.9", direction=direction)).egress is egress


def test_without_a_direction_and_own_address_nothing_is_decided():
    found = explain(network(HTTPS), record(AWAY, "203.0.113.9"))
    assert (found.checks, found.now, found.agrees) == ((), Outcome.UNDECIDED, None)
    assert "flow-direction" in found.unknown[0]


def test_behind_nat_the_packets_own_addresses_count():
    seen = record(AWAY, HOME, direction="ingress", pkt_srcaddr="203.0.113.50", client=AWAY)
    assert groups(network(rule("tcp 443", "203.0.113.0/24")), seen) is Outcome.ALLOWED


def test_an_interface_that_is_gone():
    found = explain(network(interfaces=[interface("eni-new")]), record())
    assert (found.interface, found.checks, found.agrees) == (None, (), None)
    assert "eni-new" in found.unknown[0], "who has its address now"


def test_accepted_though_refused_now_tracking_is_named():
    assert explain(network(), record()).agrees is False
    tracked = explain(network(), record(HOME, AWAY, (443, 40_000)))
    assert any("tracked already" in each for each in tracked.reasons)
    fresh = explain(network(), record(tcp_flags=2))
    assert not any("tracked already" in each for each in fresh.reasons)
    assert any("2026-11-21 12:00" in each for each in fresh.reasons), "when the rules were read"


def test_refused_though_allowed_now():
    late = explain(network(HTTPS), record(HOME, AWAY, (443, 40_000), action="reject"))
    assert late.agrees is False
    assert any("closed or forgotten" in each for each in late.reasons)


def test_a_reject_reason_comes_first():
    found = explain(network(HTTPS), record(action="reject", reason="BPA"))
    assert found.agrees is False
    assert "Block Public Access" in found.reasons[0]


def test_where_nothing_tells_who_began_an_answer_is_thought_of():
    ping_out = rule("icmp", egress=True)
    found = explain(network(ping_out), record(ports=None, protocol=1, initiator="unknown"))
    assert (found.now, found.agrees) == (Outcome.UNDECIDED, None)
    assert explain(network(), record(ports=None, protocol=1, initiator="unknown")).now is Outcome.REFUSED


def test_both_ends_at_one_instance_are_said():
    at = {"Attachment": {"InstanceId": "i-1"}}
    two = [interface(**at), interface("eni-2", [GROUP], "10.0.1.9", **at)]
    found = explain(network(HTTPS, interfaces=two), record("10.0.1.9", HOME, client="10.0.1.9"))
    assert any("one instance" in each for each in found.unknown)
    apart = explain(network(HTTPS, interfaces=[interface(**at)]), record())
    assert not any("one instance" in each for each in apart.unknown)


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}, ": 0.0.0.0/0 → igw-1"),
        (
            {"DestinationCidrBlock": "198.51.100.0/24", "NatGatewayId": "nat-1", "State": "blackhole"},
            ": 198.51.100.0/24 → nat-1 is a blackhole",
        ),
        ({"DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "local"}, "no route"),
    ],
)
def test_the_route_to_the_far_end(route: dict[str, str], said: str):
    wide = {"DestinationCidrBlock": "198.0.0.0/7", "GatewayId": "igw-0"} if "blackhole" in said else route
    table = {"RouteTableId": "rtb-1", "VpcId": VPC, "Routes": [wide, route], "Associations": [{"SubnetId": SUBNET}]}
    assert said in explain(network(HTTPS, RouteTables=[table]), record()).route


def test_what_was_not_permitted_is_said():
    found = explain(network(HTTPS, Unread=["ec2:DescribeRouteTables"]), record())
    assert any("ec2:DescribeRouteTables" in each for each in found.unknown)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"TakenAt": "x"}', '{"TakenAt": "2026-11-21", "Subnets": [{"SubnetId": 7}]}']
)
def test_what_is_no_snapshot_is_refused(text: str):
    with pytest.raises(ConfigError, match=r"net\.json is no snapshot"):
        read_network(text, "net.json")
