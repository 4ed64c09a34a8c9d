from datetime import UTC, datetime

import pytest

from shipper.decoders.addresses import packed_address
from shipper.decoders.flow_log.fields import Kind
from shipper.decoders.flow_log.values import READERS, moment, timestamp


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.TEXT, "unknown", "unknown"),
        (Kind.TEXT, "000123456789", "000123456789"),
        (Kind.LOWER, "IPv4", "ipv4"),
        (Kind.PORT, "0", 0),
        (Kind.PORT, "65535", 65535),
        (Kind.SMALL, "255", 255),
        (Kind.COUNT, "9007199254740993", 2**53 + 1),
        (Kind.COUNT, "9223372036854775807", 2**63 - 1),
        (Kind.IP, "2001:DB8::1", "2001:DB8::1"),
        (Kind.IP, "::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        (Kind.TIME, "946684800", 946684800_000),
        (Kind.TIME, "4102444799", 4102444799_000),
        (Kind.TIME, "946684800001", 946684800001),
        (Kind.TIME, "4102444799999", 4102444799999),
    ],
)
def test_values(kind: Kind, text: str, value: object) -> None:
    assert READERS[kind](text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.PORT, "65536"),
        (Kind.PORT, "-1"),
        (Kind.PORT, "+1"),
        (Kind.PORT, "01"),
        (Kind.PORT, "1_0"),
        (Kind.PORT, "1.0"),
        (Kind.PORT, "1e3"),
        (Kind.PORT, "\u0661"),
        (Kind.PORT, "1\u0661"),
        (Kind.PORT, "80\n"),
        (Kind.SMALL, "256"),
        (Kind.COUNT, "9223372036854775808"),
        (Kind.COUNT, "9" * 5000),
        (Kind.IP, "10.0.0.256"),
        (Kind.IP, "10.0.0.010"),
        (Kind.IP, "10.1"),
        (Kind.IP, "fe80::1%eth0"),
        (Kind.IP, "1" * 100_000),
        (Kind.IP, "localhost"),
        (Kind.TIME, "946684799"),
        (Kind.TIME, "4102444800"),
        (Kind.TIME, "4102444800000"),
        (Kind.TIME, "0"),
        (Kind.TIME, "2024-01-01T00:00:00Z"),
    ],
)
def test_text_of_another_type(kind: Kind, text: str) -> None:
    assert READERS[kind](text) is None


def test_addresses_in_network_order() -> None:
    assert packed_address("10.0.0.1") == b"\x0a\0\0\1"
    assert packed_address("::1") == b"\0" * 15 + b"\1"


def test_times() -> None:
    assert timestamp(1418530070_000) == "2014-12-14T04:07:50Z"
    assert timestamp(1418530070_007) == "2014-12-14T04:07:50.007Z"
    assert moment(1418530070_007) == datetime(2014, 12, 14, 4, 7, 50, 7000, tzinfo=UTC)
