"""The columnar path gives, byte for byte, what the exact path gives: for ordinary input, trouble, and any bytes."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flow_log_samples import AWS_NAME, RECORD, chunk, decoder, lines
from shipper.decoders.flow_log.columnar import ColumnarFlowLogDecoder
from shipper.decoders.flow_log.exact import FlowLogDecoder
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT, TGW, VPC, Field, Kind
from shipper.decoders.flow_log.selection import Selection
from shipper.model import Batch, Chunk

epochs = st.integers(1_699_990_000, 1_700_010_000)
numbers = st.one_of(st.integers(0, 300), st.integers(0, 70_000), st.integers(0, 2**63 + 5)).map(str)
addresses = st.one_of(
    st.sampled_from(
        ["10.0.0.1", "10.0.0.2", "255.255.255.255", "0.0.0.9", "::", "::1", "2001:db8::5", "1::", "FE80::a"]
    ),
    st.ip_addresses().map(str),
    st.sampled_from(["::ffff:1.2.3.4", "01.2.3.4", "1.2.3", "256.1.1.1", "1:2", "::1%eth0", "12345::", "1::2::3"]),
)
words = st.one_of(
    st.text("abcXYZ09-_/:.,{}[]'<>&", min_size=1, max_size=20),
    st.sampled_from(["2023-11-14T22:14:20Z", "EVENTS", "RESULTS", "@message", "b/1", "{", "srcaddr,end"]),
)
hostile = st.text(
    st.characters(exclude_characters="\n \t", exclude_categories=["Cs"]), min_size=1, max_size=12
)  # quotes, backslashes, controls, NUL, other alphabets
ORDINARY: dict[Kind, st.SearchStrategy[str]] = {
    Kind.TEXT: words,
    Kind.LOWER: st.sampled_from(["ACCEPT", "REJECT", "accept", "IPv4", "IPv6", "ingress", "x"]),
    Kind.IP: addresses,
    Kind.PORT: st.one_of(
        st.sampled_from(["0", "22", "443", "8080", "40000", "65535"]), st.integers(0, 65_535).map(str)
    ),
    Kind.COUNT: numbers,
    Kind.SMALL: st.sampled_from(["0", "1", "2", "3", "4", "8", "18", "19", "63", "255"]),
    Kind.NUMBER_NAME: st.sampled_from(["0", "1", "6", "6", "17", "17", "58", "132", "33", "61", "200", "255"]),
    Kind.TIME: st.one_of(epochs.map(str), epochs.map(lambda at: str(at * 1000 + at % 1000))),
}
ODD = st.one_of(
    numbers, addresses, hostile, epochs.map(str), st.sampled_from(["-1", "+1", "007", "1e3", "٣", "4102444800", "é"])
)


def cell(field: Field, odd: bool) -> st.SearchStrategy[str]:
    if field.name == "log-status":
        ordinary = st.sampled_from(["OK", "OK", "NODATA", "SKIPDATA", "ok"])
    else:
        ordinary = ORDINARY[field.kind]
    return st.one_of(ordinary, ordinary, ordinary, ODD if odd else ordinary, st.just("-"))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """A format and rows of it: distinct rows, and which of them stand where, so that many are alike."""
    dataset = draw(st.sampled_from([VPC, VPC, TGW]))
    names = st.sampled_from(sorted(dataset.fields))
    columns = draw(
        st.one_of(
            st.just(DEFAULT_FORMAT.split()),
            st.permutations(DEFAULT_FORMAT.split()),
            st.lists(names, min_size=1, max_size=16, unique=True),
            st.permutations(sorted(dataset.fields)),
            st.lists(st.one_of(names, st.sampled_from(["new", "newer_x"])), min_size=1, max_size=8, unique=True),
        )
    )
    known = VPC.fields | TGW.fields
    odd = draw(st.booleans())
    text = Field("", Kind.TEXT, "", 2)
    row = st.tuples(*(cell(known.get(name, text), odd) for name in columns)).map(list)
    models = draw(st.lists(row, min_size=1, max_size=6))
    return list(columns), draw(st.lists(st.sampled_from(models), min_size=1, max_size=40))


SPACES = st.sampled_from([" ", " ", " ", " ", "  ", "\t", " \t "])
ENDS = st.sampled_from(["", "", "", "", "\r", " ", " \r", "\r\r", "\t"])
STRAY = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"", b"\r", b" ", b"\t \r", RECORD, DEFAULT_FORMAT.encode(), b"srcaddr end new", b"-", b"\0"]),
    st.sampled_from([b"srcaddr,end", b'"srcaddr","end","x"', b"10.0.0.1,1700000000", b"RESULTS\t@message\t" + RECORD]),
    st.sampled_from([b"2023-11-14T22:14:20.000Z " + RECORD, b'{"message": "' + RECORD + b'"}', b"#Version: 1.0"]),
)


@st.composite
def inputs(draw: st.DrawFn) -> bytes:
    """Lines of one format or two, with strays between them."""
    found: list[bytes] = []
    for _ in range(draw(st.integers(1, 2))):
        columns, rows = draw(tables())
        plain = draw(st.booleans())
        found.append(" ".join(columns).encode())
        for row in rows:
            space, end = (" ", "") if plain else (draw(SPACES), draw(ENDS))
            found.append((space.join(row) + end).encode())
        for _ in range(draw(st.integers(0, 0 if plain else 3))):
            found.insert(draw(st.integers(0, len(found))), draw(STRAY))
    return b"\n".join(found) + draw(st.sampled_from([b"\n", b""]))


class Witness:
    """The exact path, and how many bytes it was asked for."""

    def __init__(self, exact: FlowLogDecoder) -> None:
        self._exact = exact
        self.stream = exact.stream
        self.settings = exact.settings
        self.asked: list[int] = []

    def decode(self, chunk: Chunk) -> Batch:
        self.asked.append(len(chunk.records))
        return self._exact.decode(chunk)


def same(one: Batch, other: Batch) -> None:
    for field in fields(Batch):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, (list, tuple)):
            left, right = list(left), list(right)
        assert left == right, field.name


def both(records: bytes, options: dict[str, Any] | None = None, **changes: Any) -> Batch:
    """Decoded in both ways; they are the same."""
    exact = decoder(**(options or {}))
    made = chunk(records, **changes)
    batch = ColumnarFlowLogDecoder(exact, least_lines=0).decode(made)
    same(exact.decode(made), batch)
    return batch


EXPIRED = datetime(2023, 11, 14, 22, 13, 20, 500, tzinfo=UTC)
OPTIONS = st.sampled_from(
    [
        {},
        {"flow_log_id": "fl-1", "operation": "index"},
        {"given_format": "srcaddr end new"},
        {
            "selection": Selection.of(
                {"where": '["dstport=0-1000","action!=REJECT"]', "exclude": '["srcaddr=10.0.0.0/8"]'}
            )
        },
        {"selection": Selection.of({"where": '["bytes>=100"]', "since": "2023-11-14T22:13:20+00:00"})},
        {"expire_before": dict.fromkeys(("aws.vpcflow", "aws.tgwflow"), EXPIRED)},
    ]
)


@given(inputs(), OPTIONS, st.sampled_from(["some.log", AWS_NAME]), st.booleans())
def test_it_gives_what_the_exact_path_gives(
    records: bytes, options: dict[str, Any], origin: str, mid_line: bool
) -> None:
    both(records, options, origin=origin, mid_line=mid_line, first_ordinal=35)


@given(st.binary(max_size=200), st.binary(max_size=30), st.booleans())
@example(b"\n" * 40, b"", False)
@example(b" \n" * 40, b"srcaddr", True)
def test_any_bytes_are_decoded_alike(records: bytes, header: bytes, mid_line: bool) -> None:
    both(records, header=header, mid_line=mid_line)


@given(inputs(), inputs(), st.sampled_from([b"", b"srcaddr end new", DEFAULT_FORMAT.encode() + b"\r", b"bogus only"]))
def test_a_header_of_an_earlier_chunk_is_in_force(one: bytes, other: bytes, header: bytes) -> None:
    both(one.partition(b"\n")[2] + other, header=header)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_plain_input_takes_the_columnar_path(end: bytes) -> None:
    """Nodata, ICMP, IPv6, an accepted and a refused one, tabs and more spaces: none of them needs the exact path."""
    other = RECORD.replace(b"10.0.0", b"2001:db8:").replace(b"ACCEPT", b"REJECT")
    nodata = b"2 123456789010 eni-1 - - - - - - - 1700000000 1700000060 - NODATA"
    icmp = RECORD.replace(b"40000 443 6", b"0 0 1")
    rows = [RECORD, other.replace(b"::", b":0:").replace(b"2001:db8:.", b"2001:db8::"), nodata, icmp] * 20
    rows += [b"", RECORD.replace(b" ", b"\t"), RECORD.replace(b" ", b"  ")] * 20
    witness = Witness(decoder())
    records = b"".join(row + end for row in [DEFAULT_FORMAT.encode(), *rows])
    batch = ColumnarFlowLogDecoder(witness).decode(chunk(records))
    same(decoder().decode(chunk(records)), batch)
    assert witness.asked == []
    assert batch.sums.nodata == 20


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.sampled_from([b"bogus", RECORD.replace(b"443", b"99999"), RECORD + b" x", b'"']), max_size=5),
    st.lists(st.integers(0, 400), min_size=5, max_size=5),
)
def test_trouble_costs_only_its_neighbourhood(troubles: list[bytes], places: list[int]) -> None:
    rows = [RECORD] * 400
    for place, trouble in zip(places, troubles, strict=False):
        rows.insert(place, trouble)
    witness = Witness(decoder())
    records = lines(*rows)
    same(decoder().decode(chunk(records)), ColumnarFlowLogDecoder(witness).decode(chunk(records)))
    assert sum(witness.asked) == sum(len(trouble) + 1 for trouble in troubles)
