"""What may be asked for, and what is no target."""

import pytest

from shipper.errors import ConfigError
from shipper.views.trace.target import target


def test_a_community_id_a_flow_id_and_a_document_are_told_apart() -> None:
    assert target(["1:XARD/YqmjOBbfVH9wsmULWBmFcM="]).clause == {
        "term": {"network.community_id": "1:XARD/YqmjOBbfVH9wsmULWBmFcM="}
    }
    assert target(["2113384756123102"]).clause == {"term": {"suricata.eve.flow_id": "2113384756123102"}}
    assert target(["NQKJ-C9ZFPB-UhO3"]).clause == {"ids": {"values": ["NQKJ-C9ZFPB-UhO3"]}}


def test_an_end_may_be_the_packets_or_the_interfaces_on_either_side() -> None:
    found = str(target(["10.0.0.1:443"]).clause)
    for leaf in ("source.ip", "destination.ip", "aws.vpcflow.pkt_srcaddr", "aws.vpcflow.pkt_dstaddr"):
        assert f"{{'{leaf}': '10.0.0.1'}}" in found
    assert "{'source.port': 443}" in found
    assert "{'destination.port': 443}" in found


def test_a_pair_goes_both_ways_and_each_may_have_a_port() -> None:
    found = target(["[2001:db8::1]:443", "2001:db8:0::2"]).clause["bool"]["should"]
    there, back = (str(way) for way in found)
    assert there.index("2001:db8::1") < there.index("2001:db8::2")
    assert back.index("2001:db8::2") < back.index("2001:db8::1")
    assert "{'source.port': 443}" in there
    assert "{'destination.port': 443}" in back


@pytest.mark.parametrize("words", [["nobody"], ["10.0.0.1:70000"], ["10.0.0:1"], ["1:short="], ["1:1", "10.0.0.1"], []])
def test_anything_else_is_refused_with_what_may_be_given(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        target(words)
