import pytest

from shipper.decoders.iana_protocols import PORT_PROTOCOLS, PROTOCOLS


@pytest.mark.parametrize(
    ("number", "keyword"),
    [(0, "hopopt"), (1, "icmp"), (6, "tcp"), (17, "udp"), (47, "gre"), (50, "esp"), (58, "ipv6-icmp"), (132, "sctp")],
)
def test_keywords(number: int, keyword: str) -> None:
    assert PROTOCOLS[number] == keyword


def test_every_assigned_number_with_a_keyword_is_there_and_no_other() -> None:
    without_keyword = {61, 63, 68, 99, 114}
    assert set(PROTOCOLS) == set(range(148)) - without_keyword
    assert len(set(PROTOCOLS.values())) == len(PROTOCOLS)
    assert all(keyword == keyword.lower() for keyword in PROTOCOLS.values())


def test_protocols_with_ports() -> None:
    assert {PROTOCOLS[number] for number in PORT_PROTOCOLS} == {"tcp", "udp", "dccp", "sctp", "udplite"}
