"""Addresses of several columns: what `ipaddress` says of each, and one code for one text."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import numpy as np

from shipper.decoders.columnar.addresses import Addresses, addresses
from shipper.decoders.columnar.cells import Cells, framed

GOOD = ["10.0.0.1", "255.255.255.255", "::", "::1", "1::", "fe80::A", "2001:db8:1:2:3:4:5:6", "1:2:3:4:5:6:7::"]
LONGEST = "abcd:abcd:abcd:abcd:abcd:abcd:abcd:abcd"
BAD = [
    "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1..2.3", "1.2.3.4 ", ":", ":::", "1::2::3", "12345::", "::g",
    "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", ":1:2:3:4:5:6:7", "::1%eth0", "-", "x" * 16, "x" * 39, "x" * 40,
    LONGEST + "0", "::ffff:1.2.3.4", "1:2 3",
]  # fmt: skip


def read(*columns: list[str]) -> list[Addresses]:
    texts = [text.encode() for column in columns for text in column]
    lengths = np.array([len(text) for text in texts])
    starts = np.cumsum(lengths) - lengths + 32
    source = framed(b"".join(texts))
    bounds = np.cumsum([len(column) for column in columns])[:-1]
    split = zip(np.split(starts, bounds), np.split(lengths, bounds), strict=True)
    present = [np.array([text != "-" for text in column]) for column in columns]
    return [*addresses([(Cells(source, *each), there) for each, there in zip(split, present, strict=True)])]


def test_addresses_are_what_ipaddress_says() -> None:
    texts = [*GOOD, LONGEST, *BAD, *GOOD]
    (found,) = read(texts)
    for row, text in enumerate(texts):
        packed = found.packed(np.array([row]))[0].tobytes()
        if text in BAD:
            assert (found.valid[row], found.v4[row], found.v6[row], packed) == (False, False, False, bytes(16)), text
            continue
        known = ip_address(text)
        assert (found.v4[row], found.v6[row]) == (isinstance(known, IPv4Address), isinstance(known, IPv6Address)), text
        assert packed[-len(known.packed) :] == known.packed, text


def test_the_same_text_is_the_same_address_in_every_column() -> None:
    one, other = read(["10.0.0.1", "::1", "-", "1.1.1.1", "bad"], ["10.0.0.1", "1.1.1.1", "-", "1.1.1.1", "bad"])
    assert (one.codes == other.codes).tolist() == [True, False, True, True, True]
    assert one.valid.tolist() == [True, True, False, True, False]


def test_ten_thousand_addresses() -> None:
    dice = np.random.default_rng(1)
    texts = [str(IPv4Address(int(number))) for number in dice.integers(0, 1 << 32, 5000)]
    texts += [str(IPv6Address(dice.bytes(16))) for _ in range(5000)]
    (found,) = read(texts)
    packed = found.packed(np.arange(10_000))
    for row, text in enumerate(texts):
        assert packed[row].tobytes().lstrip(b"\0") == ip_address(text).packed.lstrip(b"\0")
