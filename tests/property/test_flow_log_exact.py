"""What holds for any bytes: nothing is lost, nothing is raised, and no field can alter another."""

import json
import re
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_log_samples import AWS_NAME, RECORD, chunk, decoder, lines, written
from shipper import identity
from shipper.decoders.flow_log.document import DECODER_VERSION, leaf_places
from shipper.decoders.flow_log.exact import framed
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT, KNOWN_NAMES, TGW, VPC
from shipper.decoders.flow_log.header import find_header
from shipper.identity import line_count, pieces

names = sorted(KNOWN_NAMES)
WRAPPERS = [
    "message",
    "@message",
    "timestamp",
    "@timestamp",
    "logStream",
    "event",
    "of",
    "field",
    "value",
    "id",
    "bytes",
]
cells = st.one_of(
    st.just("-"),
    st.integers(-1, 2**64).map(str),
    st.integers(1_600_000_000, 1_800_000_000).map(str),
    st.ip_addresses().map(str),
    st.sampled_from(
        ["NODATA", "SKIPDATA", "OK", "ACCEPT", "REJECT", "6", "17", "443", "2", "18", "bytes", "é", "\u2028"]
    ),
    st.text(st.characters(exclude_characters="\n\r \t\0", exclude_categories=["Cs"]), min_size=1, max_size=8),
)
headers = st.lists(st.sampled_from(names), min_size=1, max_size=12, unique=True).map(" ".join)
texts = st.one_of(st.lists(cells, max_size=14).map(" ".join), headers, st.just(RECORD.decode()))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WRAPPERS), inner, max_size=5)),
)
wrapped = st.one_of(
    values.map(json.dumps),
    st.builds("{} {}".format, st.sampled_from(["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.1+00:00"]), texts),
    st.lists(texts, min_size=1, max_size=5).map("\t".join).map("EVENTS\t{}".format),
    st.lists(st.sampled_from([*WRAPPERS, *names]), min_size=1, max_size=4, unique=True).map(",".join),
    st.lists(texts, min_size=1, max_size=4).map(lambda each: ",".join(f'"{text}"' for text in each)),
).map(lambda text: text.encode("utf-8", "surrogatepass"))
line = st.one_of(
    st.binary(max_size=30),
    wrapped,
    headers.map(str.encode),
    st.lists(cells, min_size=1, max_size=14).map(" ".join).map(str.encode),
    st.just(RECORD),
    st.sampled_from([b"", b"\r", b" ", RECORD + b"\r", DEFAULT_FORMAT.encode(), b"\0"]),
)
streams = st.lists(line, max_size=12).map(b"\n".join)


@given(streams, st.booleans(), st.one_of(st.just(b""), headers.map(str.encode), st.binary(max_size=20)))
def test_every_line_is_a_document_a_reject_or_a_counted_skip(records: bytes, mid_line: bool, header: bytes) -> None:
    batch = decoder().decode(chunk(records, mid_line=mid_line, header=header, first_ordinal=11))
    assert batch.sums.read == line_count(records)
    assert batch.sums.read == len(batch) + len(batch.rejects) + batch.sums.skipped + batch.sums.expired
    ordinals = [*batch.ordinals, *(reject.ordinal for reject in batch.rejects)]
    assert len(set(ordinals)) == len(ordinals)
    assert set(ordinals) <= set(range(11, 11 + batch.sums.read))
    for reject in batch.rejects:
        assert records[reject.offset :].startswith(reject.raw)
    assert [begin < end for begin, end in pairwise(batch.cuts)] == [True] * len(batch)
    found = written(batch)
    assert len({each.id for each in found}) == len(found)
    assert all(each.document["flowtap"]["decoder"] == DECODER_VERSION for each in found)


@given(streams)
def test_the_header_a_source_finds_is_the_one_a_decoder_ends_with(records: bytes) -> None:
    begin = next(iter(framed(chunk(b"x"), decoder()._format)))[1]
    *_, (_, last, _) = framed(chunk(records + b"\nx"), begin)  # a line of JSON is framed by its own keys
    in_force = last.columns
    found = find_header(records) or b""
    after = next(iter(framed(chunk(b"x", header=found), begin)))[1]
    assert after.columns == in_force


hostile = st.text(
    st.one_of(
        st.sampled_from('"\\{}[]:,/\u2028\u2029\x85\xa0\x0b\x0c\x1b\x7f-'),
        st.characters(exclude_characters="\n \t\0", exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.parametrize("dataset", [VPC, TGW], ids=lambda dataset: dataset.name)
@given(data=st.data())
def test_a_crafted_field_alters_no_other(dataset, data) -> None:
    """A column changed to anything changes its own leaf only (and those derived from it)."""
    columns = [name for name, column in dataset.fields.items() if column.kind.name == "TEXT" and name != "log-status"]
    name = data.draw(st.sampled_from(columns))
    text = data.draw(hostile.filter(lambda text: not text.endswith("\r") and text != "-"))
    plain = dict.fromkeys(dataset.fields, "-") | {
        "srcaddr": "10.0.0.1",
        "bytes": "7",
        "end": "1700000000",
        name: "plain",
    }
    header = " ".join(plain).encode()
    batch = decoder().decode(
        chunk(lines(header, " ".join(plain.values()).encode(), " ".join((plain | {name: text}).values()).encode()))
    )
    before, after = written(batch)
    target = dataset.fields[name].target
    assert (before[target], after[target]) == ("plain", text)
    _set(before.document, target, text)
    assert orjson.dumps(before.document) == orjson.dumps(after.document)
    assert (before.index, before.ordinal + 1) == (after.index, after.ordinal)


@given(hostile.filter(lambda text: text != "-"), hostile.filter(lambda text: text != "-"))
def test_a_crafted_unknown_or_malformed_field_stays_text(unknown: str, malformed: str) -> None:
    records = lines(b"srcaddr dstport bytes new end", f"10.0.0.1 443 {malformed} {unknown} 1700000000".encode())
    (found,) = written(decoder().decode(chunk(records)))
    assert orjson.loads(found["aws.vpcflow.unknown"]) == {"new": unknown}
    assert (found["source.ip"], found["destination.port"]) == ("10.0.0.1", 443)
    if re.fullmatch(r"0|[1-9][0-9]*", malformed) and int(malformed) < 2**63:
        assert found["source"] == {"ip": "10.0.0.1", "bytes": int(malformed)}
    else:
        assert found["flowtap.malformed"] == [{"path": "source.bytes", "text": malformed}]


@given(streams, st.sampled_from(["some.log", AWS_NAME]), st.integers(1, 50), st.integers(1, 5000))
def test_blocks_of_any_size_give_the_same_documents(records: bytes, origin: str, block: int, other: int) -> None:
    def all_documents(size: int) -> list[bytes]:
        blocks = [records[at : at + size] for at in range(0, len(records), size)]
        return [
            decoder()
            .decode(
                chunk(
                    piece.records,
                    origin,
                    identity=piece.identity,
                    first_ordinal=piece.first_ordinal,
                    header=piece.header,
                    mid_line=piece.mid_line,
                )
            )
            .body
            for piece in pieces(blocks, origin, find_header)
        ]

    assert all_documents(block) == all_documents(other)


@pytest.mark.parametrize("origin", ["some.log", AWS_NAME])
def test_chunks_are_cut_at_the_same_places_whatever_the_blocks(origin: str) -> None:
    """Over-long lines and a missing last line end included: every piece of a cut line is one reject."""
    records = lines(
        b"srcaddr vpc-id", *[b"10.0.0.1 " + b"v" * 300] * 4000, b"x " * (1 << 21), b"10.0.0.2 vpc-2", b"", b"z"
    )
    whole = [records]
    odd = [records[at : at + 99_991] for at in range(0, len(records), 99_991)]

    def decoded(blocks: list[bytes]) -> list[tuple[bytes, tuple[str, ...], int]]:
        batches = [
            decoder().decode(
                chunk(
                    piece.records,
                    origin,
                    identity=piece.identity,
                    first_ordinal=piece.first_ordinal,
                    header=piece.header,
                    mid_line=piece.mid_line,
                )
            )
            for piece in pieces(blocks, origin, find_header)
        ]
        return [(batch.body, tuple(reject.reason for reject in batch.rejects), batch.sums.read) for batch in batches]

    found = decoded(whole)
    assert found == decoded(odd)
    reasons = [reason for _, each, _ in found for reason in each]
    assert reasons == ["over-long line"] * (len(reasons) - 1) + ["expected 2 columns (the header line), found 1"]
    assert len(reasons) > 2
    ids = [match for body, _, _ in found for match in re.findall(rb'"_id":"([^"]+)"', body)]
    assert len(set(ids)) == len(ids) == 4001
    assert sum(read for _, _, read in found) == 4001 + len(reasons) + 2


def test_a_format_reaches_over_chunks() -> None:
    """A header is in force in every later chunk, whatever was read between."""
    cells = b"443 10.0.0.1 " + b"x" * 500
    records = lines(b"dstport srcaddr vpc-id", *[cells] * 5000)
    assert len(records) > 2 * identity.CHUNK_BYTES
    found = [
        each
        for piece in pieces([records], "some.log", find_header)
        for each in written(decoder().decode(chunk(piece.records, identity=piece.identity, header=piece.header)))
    ]
    assert len(found) == 5000
    assert {each["source.ip"] for each in found} == {"10.0.0.1"}
    assert len({each.id for each in found}) == 5000


@pytest.mark.parametrize("dataset", [VPC, TGW], ids=lambda dataset: dataset.name)
@given(data=st.data())
def test_every_leaf_written_is_in_the_table(dataset, data) -> None:
    columns = data.draw(st.lists(st.sampled_from(sorted(dataset.fields)), min_size=1, unique=True))
    row = data.draw(st.lists(cells, min_size=len(columns), max_size=len(columns)))
    records = lines(" ".join(columns).encode(), " ".join(row).encode())
    for each in written(decoder().decode(chunk(records))):
        assert set(_paths(each.document)) <= set(leaf_places(VPC)) | set(leaf_places(TGW))


def _paths(document: dict, above: str = "") -> list[str]:
    found: list[str] = []
    for key, inner in document.items():
        found += _paths(inner, f"{above}{key}.") if isinstance(inner, dict) else [above + key]
    return found


def _set(document: dict, path: str, value: str) -> None:
    *above, key = path.split(".")
    for step in above:
        document = document[step]
    document[key] = value
