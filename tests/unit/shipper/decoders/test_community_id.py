from ipaddress import ip_address

import communityid
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipper.decoders.community_id import community_id

numbers = st.integers(0, 65_535)
pairs = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4)),
    st.tuples(st.ip_addresses(v=6), st.ip_addresses(v=6)),
    st.ip_addresses().map(lambda address: (address, address)),
)


# Baseline of the specification (corelight/community-id-spec, baseline_deflt.json).
@pytest.mark.parametrize(
    ("source", "destination", "protocol", "ports", "expected"),
    [
        ("128.232.110.120", "66.35.250.204", 6, (34855, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ("66.35.250.204", "128.232.110.120", 6, (80, 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        ("192.168.1.52", "8.8.8.8", 17, (54585, 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
        ("192.168.170.8", "192.168.170.56", 132, (7, 80), "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="),
    ],
)
def test_known_ids(source: str, destination: str, protocol: int, ports: tuple[int, int], expected: str) -> None:
    assert community_id(ip_address(source).packed, ip_address(destination).packed, protocol, ports) == expected


@given(pairs, st.sampled_from([6, 17, 33, 47, 132, 136]), numbers, numbers)
def test_equals_the_reference_with_ports(addresses, protocol, source_port, destination_port) -> None:
    ours = community_id(addresses[0].packed, addresses[1].packed, protocol, (source_port, destination_port))
    flow = communityid.FlowTuple(protocol, addresses[0].packed, addresses[1].packed, source_port, destination_port)
    assert ours == communityid.CommunityID().calc(flow)


@given(pairs, st.sampled_from([2, 4, 41, 47, 50, 51, 103, 112, 255]))
def test_equals_the_reference_without_ports(addresses, protocol) -> None:
    flow = communityid.FlowTuple(protocol, addresses[0].packed, addresses[1].packed)
    assert community_id(addresses[0].packed, addresses[1].packed, protocol) == communityid.CommunityID().calc(flow)


@given(pairs, st.integers(0, 255), numbers, numbers)
def test_both_directions_have_one_id(addresses, protocol, source_port, destination_port) -> None:
    source, destination = addresses[0].packed, addresses[1].packed
    there = community_id(source, destination, protocol, (source_port, destination_port))
    assert there == community_id(destination, source, protocol, (destination_port, source_port))
