"""Every shape in which people hold flow logs is the same documents. V1 to V8 are shapes that other tools broke on."""

import base64
import csv
import gzip
import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow_log_samples import RECORD, chunk, decoder, lines, written
from shipper.decoders.flow_log.columnar import ColumnarFlowLogDecoder
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT
from shipper.decoders.flow_log.header import find_header
from shipper.decoders.flow_log.lines import record_lines
from shipper.errors import NotRecords
from shipper.identity import event_document_id, line_count, pieces
from shipper.model import Batch

NAMES = DEFAULT_FORMAT.split()
REFUSED = "2 012345678901 eni-0123456789abcdef0 2001:db8::1 2001:db8::2 1 22 6 1 40 1700000000 1700000060 REJECT OK"
SILENT = "2 unknown eni-0123456789abcdef0 - - - - - - - 1700000000 1700000060 - NODATA"
LOST = "2 123456789010 eni-0123456789abcdef0 - - - - - - - 1700000000 1700000060 - SKIPDATA"
TEXTS = [RECORD.decode(), REFUSED, SILENT, LOST]
STREAM = "eni-0123456789abcdef0-all"
IDS = [f"{31953106606966983378809025079804211143289615424298221560 + n:056d}" for n in range(4)]


def batches(raw: bytes, block: int = 1 << 18, origin: str = "some.log", **options: object) -> list[Batch]:
    blocks = (raw[at : at + block] for at in range(0, len(raw), block))
    return [
        decoder(**options).decode(chunk(p.records, origin, identity=p.identity, header=p.header, mid_line=p.mid_line))
        for p in pieces(record_lines(blocks), origin, find_header)
    ]


def documents(raw: bytes, **options: object) -> list[object]:
    """Of records that all become documents."""
    found = batches(raw, **options)
    assert [reject.reason for batch in found for reject in batch.rejects] == []
    return [each.document for batch in found for each in written(batch)]


def cells(text: str) -> list[str]:
    return ["" if cell == "-" else cell for cell in text.split()]


def as_csv(rows: list[list[str]], quoting: int, end: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, quoting=quoting, lineterminator=end).writerows(rows)  # type: ignore[arg-type]
    return file.getvalue().encode()


def typed(text: str) -> dict[str, object]:
    kept = ("account-id", "version")
    pairs = zip(NAMES, text.split(), strict=True)
    return {
        name.replace("-", "_"): None if cell == "-" else int(cell) if cell.isdigit() and name not in kept else cell
        for name, cell in pairs
    }


def events(with_id: bool) -> list[dict[str, object]]:
    more = [{"eventId": each} for each in IDS] if with_id else [{}] * 4
    return [
        {"logStreamName": STREAM, "timestamp": 1700000000000, "message": text, **each}
        for text, each in zip(TEXTS, more, strict=True)
    ]


def envelope(texts: list[str], ids: list[str]) -> bytes:
    logged = [{"id": each, "timestamp": 1, "message": text} for each, text in zip(ids, texts, strict=True)]
    told = {"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "g", "logStream": STREAM}
    return json.dumps({**told, "subscriptionFilters": ["f"], "logEvents": logged}).encode()


def wrapped(text: str, times: int) -> bytes:
    for _ in range(times):
        text = json.dumps({"message": text})
    return text.encode()


def packed(raw: bytes) -> str:
    return base64.b64encode(gzip.compress(raw, mtime=0)).decode()


ONES = [[text] for text in TEXTS]
UNDERSCORED = [name.replace("-", "_") for name in NAMES]
SHAPES: dict[str, Callable[[], bytes]] = {
    "time": lambda: "".join(f"2023-11-14T22:13:20.000Z {text}\n" for text in TEXTS).encode(),
    "time and stream": lambda: "".join(f"2023-11-14T22:13:20+00:00 {STREAM} {text}\n" for text in TEXTS).encode(),
    "CLI text": lambda: "".join(
        f"EVENTS\t{each}\t1700000000000\t{STREAM}\t{text}\t1700000000000\n"
        for each, text in zip(IDS, TEXTS, strict=True)
    ).encode(),
    "CLI JSON": lambda: json.dumps({"events": events(True), "searchedLogStreams": []}, indent=4).encode(),
    "CLI JSON, one line": lambda: json.dumps({"events": events(False), "nextForwardToken": "f/1"}).encode(),
    "events, one a line": lambda: "".join(json.dumps(each) + "\n" for each in events(True)).encode(),
    "Insights CSV": lambda: as_csv(
        [["@timestamp", "@message", "@logStream"], *(["2023-11-14 22:13:20.000", text, STREAM] for text in TEXTS)],
        csv.QUOTE_MINIMAL, "\n",
    ),
    "console CSV": lambda: as_csv([["timestamp", "message"], *(["1700000000000", text] for text in TEXTS)],
                                  csv.QUOTE_ALL, "\r\n"),
    "Insights JSON": lambda: json.dumps([{"@message": text, "@ptr": "p"} for text in TEXTS], indent=1).encode(),
    "query results": lambda: json.dumps(
        {"results": [[{"field": "@message", "value": text}] for text in TEXTS], "status": "Complete"}, indent=4
    ).encode(),
    "Athena CSV": lambda: as_csv([UNDERSCORED, *map(cells, TEXTS)], csv.QUOTE_ALL, "\n"),
    "CSV with dashes": lambda: as_csv([NAMES, *(text.split() for text in TEXTS)], csv.QUOTE_MINIMAL, "\r\n"),
    "rows": lambda: "".join(json.dumps(typed(text)) + "\n" for text in TEXTS).encode(),
    "rows, one array": lambda: json.dumps([typed(text) for text in TEXTS], indent=2).encode(),
    "message": lambda: "".join(json.dumps({"host": "x", "message": text + "\n"}) + "\n" for text in TEXTS).encode(),
    "message in message": lambda: b"\n".join(wrapped(f"2023-11-14T22:13:20Z {text}", 2) for text in TEXTS),
    "envelopes": lambda: envelope(TEXTS[:2], IDS[:2]) + envelope(TEXTS[2:], IDS[2:]),
    "envelopes, a line each": lambda: envelope(TEXTS[:2], IDS[:2]) + b"\n" + envelope(TEXTS[2:], IDS[2:]) + b"\n",
    "envelope, indented": lambda: json.dumps(json.loads(envelope(TEXTS, IDS)), indent=4).encode(),
    "Lambda": lambda: json.dumps({"awslogs": {"data": packed(envelope(TEXTS, IDS))}}).encode(),
    "Kinesis": lambda: json.dumps(
        {"Records": [{"kinesis": {"data": packed(each)}} for each in map(envelope, ONES, ([each] for each in IDS))]}
    ).encode(),
    "base64 lines": lambda: "\n".join(map(packed, map(envelope, ONES, ([each] for each in IDS)))).encode(),
}  # fmt: skip
HAS_IDS = {
    "CLI text", "CLI JSON", "events, one a line", "envelopes", "envelopes, a line each", "envelope, indented", "Lambda",
    "Kinesis", "base64 lines",
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_is_the_same_documents(shape: str) -> None:
    raw = SHAPES[shape]()
    assert documents(raw) == documents("\n".join(TEXTS).encode())
    batch = batches(raw)[0]
    assert batch.sums.read == 4 + batch.sums.skipped
    assert (batch.sums.nodata, batch.sums.skipdata) == (1, 1)
    assert batch.unknown_columns == frozenset()


@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_read_in_any_blocks_has_the_same_ids(shape: str) -> None:
    raw = SHAPES[shape]()
    assert [batch.body for batch in batches(raw, 7)] == [batch.body for batch in batches(raw)]


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_an_event_that_has_an_id_is_that_id_whatever_the_shape(shape: str) -> None:
    ids = [each.id for batch in batches(SHAPES[shape]()) for each in written(batch)]
    assert (ids == [event_document_id(each) for each in IDS]) == (shape in HAS_IDS)
    assert len(set(ids)) == 4


@pytest.mark.parametrize("shape", SHAPES)
def test_a_record_of_any_shape_that_is_refused_decodes_alone_to_the_same(shape: str) -> None:
    """What a dead letter keeps is the line as the source laid it out, and the header in force."""
    (batch,) = batches(SHAPES[shape]())
    header = batch.headers[0][1] if batch.headers else b""
    raws = batch.chunk.records.split(b"\n")
    for each in written(batch):
        alone = chunk(
            raws[each.ordinal] + b"\n", identity=batch.chunk.identity, first_ordinal=each.ordinal, header=header
        )
        (again,) = written(decoder().decode(alone))
        assert (again.id, again.document) == (each.id, each.document)


@pytest.mark.parametrize("shape", SHAPES)
def test_columns_give_what_lines_give(shape: str) -> None:
    """In a chunk of many, so that the columnar path looks at it."""
    raw = SHAPES[shape]()
    for piece in pieces(record_lines([raw.removesuffix(b"\n") + b"\n"] * 40), "some.log", find_header):
        one = chunk(piece.records, identity=piece.identity, header=piece.header)
        exact, columnar = decoder().decode(one), ColumnarFlowLogDecoder(decoder()).decode(one)
        assert columnar.body == exact.body
        assert (columnar.sums, list(columnar.rejects)) == (exact.sums, list(exact.rejects))


def test_v1_any_order_and_headers_in_between() -> None:
    rows = (
        b"dstaddr end srcaddr",
        b"10.0.0.2 1700000060 10.0.0.1",
        b"srcaddr dstaddr end",
        b"10.0.0.1 10.0.0.2 1700000060",
    )
    raw = lines(*rows, b"bogus line")
    (batch,) = batches(raw)
    first, second = (each.document for each in written(batch))
    assert first == second
    assert [reject.raw for reject in batch.rejects] == [b"bogus line"]
    assert documents(RECORD) == documents(lines(DEFAULT_FORMAT.encode(), RECORD))


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1], sorted(NAMES)])
def test_v2_no_traffic_in_any_order_is_a_record(order: list[str]) -> None:
    rows = [dict(zip(NAMES, text.split(), strict=True)) for text in (SILENT, LOST)]
    raw = "\n".join([" ".join(order), *(" ".join(row[name] for name in order) for row in rows)]).encode()
    assert documents(raw) == documents(f"{SILENT}\n{LOST}".encode())
    assert [document["event"]["kind"] for document in documents(raw)] == ["metric", "metric"]


def test_v4_milliseconds_double_spaces_no_times_and_a_wrong_number_of_fields() -> None:
    seconds, milliseconds = "2 1 eni-1 - - - - - - - 1700000000 1700000060 - NODATA", "1700000000000 1700000060000"
    assert documents(seconds.encode()) == documents(seconds.replace("1700000000 1700000060", milliseconds).encode())
    assert documents(REFUSED.encode()) == documents(("  " + REFUSED.replace(" ", "   ") + " \r").encode())
    (batch,) = batches(f"{REFUSED.replace('1700000000 1700000060', '- -')}\n{REFUSED} more\n2 3 4\n".encode())
    assert batch.sums.suspect == 1
    assert [reject.reason.split(";")[0] for reject in batch.rejects] == [
        "expected 14 columns (the default format), found 15",
        "expected 14 columns (the default format), found 3",
    ]


def test_v5_what_an_envelope_counts() -> None:
    """One for each of its events; the envelope itself is none. A control message is skipped, and said to be one."""
    control = b'{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","logEvents":'
    control += b'[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health."}]}'
    (batch,) = batches(envelope([*TEXTS, "no record"], [*IDS, "another id"]) + control)
    assert (batch.sums.read, len(batch), len(batch.rejects), batch.sums.skipped) == (6, 4, 1, 1)
    assert batch.other_logs == {"CloudWatch control message": 1}


def test_v5_events_without_ids_are_where_they_stand() -> None:
    glued = json.loads(envelope(TEXTS, IDS))
    for event in glued["logEvents"]:
        del event["id"]
    (batch,) = batches(json.dumps(glued).encode() * 2)
    assert [each.id for each in written(batch)] == [f"{batch.chunk.identity}{n}" for n in range(8)]


def test_v5_the_stream_and_the_time_of_an_event_stand_in_for_columns_that_are_not_there() -> None:
    raw = envelope(["10.0.0.1 10.0.0.2"], IDS[:1]).replace(b'"timestamp": 1,', b'"timestamp": 1700000000123,')
    (found,) = documents(raw, given_format="srcaddr dstaddr")
    assert found["aws"]["vpcflow"]["interface_id"] == "eni-0123456789abcdef0"
    assert found["@timestamp"] == "2023-11-14T22:13:20.123Z"
    (other,) = documents(raw.replace(b"-all", b"-some"), given_format="srcaddr dstaddr")
    assert "aws" not in other
    (own,) = documents(raw, given_format="interface-id end")
    assert own["aws"]["vpcflow"]["interface_id"] == "10.0.0.1"


@pytest.mark.parametrize("account", ["000000000001", "unknown", "012345678901"])
@pytest.mark.parametrize("shape", ["{} 10.0.0.1", '{{"account_id":"{}","srcaddr":"10.0.0.1"}}', '"{}","10.0.0.1"'])
def test_v6_an_account_is_text(account: str, shape: str) -> None:
    header = "account_id,srcaddr\n" if shape.startswith('"') else "account-id srcaddr\n" if shape[1] == "}" else ""
    (found,) = documents((header + shape.format(account)).encode())
    assert found["cloud"]["account"]["id"] == account


def test_v7_fields_of_tomorrow_are_kept_and_shift_nothing() -> None:
    raw = b"srcaddr new-in-2031 dstaddr bytes\n10.0.0.1 x,y 10.0.0.2 7\n"
    rows = b'{"srcaddr":"10.0.0.1","new-in-2031":"x,y","dstaddr":"10.0.0.2","bytes":7}'
    table = b'srcaddr,new-in-2031,dstaddr,bytes\n10.0.0.1,"x,y",10.0.0.2,7\n'
    (found,) = documents(raw)
    assert found["aws"]["vpcflow"]["unknown"] == '{"new-in-2031":"x,y"}'
    assert documents(rows) == documents(table) == [found]
    assert [batch.unknown_columns for batch in batches(rows) + batches(table)] == [frozenset({"new-in-2031"})] * 2


def test_v8_one_flow_seen_by_two_interfaces_and_both_ways_is_four_records() -> None:
    there, back = "10.0.0.1 10.0.0.2 443 50000", "10.0.0.2 10.0.0.1 50000 443"
    seen = [f"2 1 eni-{n} {way} 6 1 40 1700000000 1700000060 ACCEPT OK" for n in (1, 2) for way in (there, back)]
    for raw in ("\n".join([*seen, seen[0]]), "".join(json.dumps({"message": text}) for text in [*seen, seen[0]])):
        (batch,) = batches(raw.encode())
        found = written(batch)
        assert len({each.id for each in found}) == 5
        assert len({each["network.community_id"][0] for each in found}) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
        b"\xff\xd8\xff\xe0" + bytes(99),
        b"%PDF-1.7\n1 0 obj",
        bytes(99),
        b"# Logs\n\nThese are the flow logs of 10.0.0.0/8.\n",
    ],
)
def test_what_is_surely_no_flow_log_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(NotRecords):
        batches(raw)


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"readme\n", RECORD + b"\n" + bytes(99), b"\0" * 50 + RECORD, b"x" * 99_999]
)
def test_a_damaged_flow_log_and_doubtful_text_are_judged_line_by_line(raw: bytes) -> None:
    assert sum(batch.sums.read for batch in batches(raw)) == raw.count(b"\n") + (not raw.endswith(b"\n") and bool(raw))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"message":"cut', "damaged JSON"),
        (b'{"level":"info"}', "neither a message nor a flow log's fields"),
        (b'{"message":"srcaddr dstaddr"}', "a header inside a wrapping"),
        (b'{"message":"one two"}', "expected 14 columns (the default format), found 2"),
        (b'{"message":""}', "found 0"),
        (b'{"message":"1 \\u0000"}', "NUL byte"),
        (b'[["srcaddr"]]', "no object"),
        (b"2023-11-14T22:13:20Z one two", "found 2"),
        (wrapped("x", 5), "wrapped more than 4 times"),
    ],
)  # fmt: skip
def test_what_a_wrapping_does_not_hold_is_a_reject_that_says_so(line: bytes, reason: str) -> None:
    (batch,) = batches(line)
    assert [reject.raw for reject in batch.rejects] == [line.removeprefix(b"[").removesuffix(b"]")]
    assert reason in batch.rejects[0].reason


def test_packed_data_that_is_cut_off_is_kept_with_what_it_gave() -> None:
    line = json.dumps({"awslogs": {"data": packed(envelope(TEXTS * 50, IDS * 50))[:-24]}}).encode()
    (batch,) = batches(line)
    assert [reject.raw for reject in batch.rejects] == [line]


def test_a_column_of_another_tool_may_hold_anything() -> None:
    """Where a person named the first column, a time there is that column and no wrapping."""
    (found,) = documents(b"2023-11-14T22:13:20Z 10.0.0.1", given_format="when srcaddr")
    assert found["aws"]["vpcflow"]["unknown"] == '{"when":"2023-11-14T22:13:20Z"}'


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_any_damage_to_any_shape_gives_rejects_or_records(shape: str, data: st.DataObject) -> None:
    raw = bytearray(SHAPES[shape]())
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=4)):
        raw[at] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(0, len(raw))) : data.draw(st.integers(0, len(raw)))]
    try:
        found = batches(bytes(raw))
    except NotRecords:
        found = []
    for batch in found:
        assert batch.sums.read == len(batch) + len(batch.rejects) + batch.sums.skipped
        assert batch.sums.read == line_count(batch.chunk.records)
