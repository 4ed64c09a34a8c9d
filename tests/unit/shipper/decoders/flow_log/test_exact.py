import re
from datetime import UTC, datetime

import pytest

from flow_log_samples import AWS_NAME, IDENTITY, RECORD, chunk, decode, decoder, lines, written
from shipper.decoders.flow_log.fields import DEFAULT_FORMAT
from shipper.errors import ConfigError
from shipper.identity import MAX_RECORD_BYTES, document_id
from shipper.interfaces import Decoder
from shipper.model import Position, Reject, Sums

HEADER = DEFAULT_FORMAT.encode()


def test_it_is_a_decoder() -> None:
    is_one: Decoder = decoder()
    assert is_one.decode(chunk(b"")).sums == Sums()


def test_header_and_blank_lines_are_skipped_and_count_as_lines() -> None:
    batch = decoder().decode(chunk(lines(HEADER, b"", RECORD, b" \t ", b"\r", RECORD), first_ordinal=30))
    assert batch.sums == Sums(read=6, skipped=4)
    assert [each.id for each in written(batch)] == [document_id(IDENTITY, 32), document_id(IDENTITY, 35)]
    assert tuple(batch.ordinals) == (32, 35)


@pytest.mark.parametrize(
    "record",
    [
        RECORD + b"\r",
        RECORD.replace(b" ", b"  "),
        b" " + RECORD + b" ",
        RECORD.replace(b" ", b"\t"),
        RECORD.replace(b" ", b" \t ", 3) + b" \r",
    ],
)
def test_spaces_tabs_and_line_ends_make_no_difference(record: bytes) -> None:
    assert decode(record + b"\n") == decode(RECORD + b"\n")
    assert decode(record) == decode(RECORD + b"\n")


@pytest.mark.parametrize("inside", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85", "\u00a0", "\u3000", "\r"])
def test_only_lf_ends_a_line_and_only_spaces_and_tabs_part_columns(inside: str) -> None:
    (found,) = decode(inside.encode() + RECORD.replace(b"eni-1", f"eni{inside}1".encode()) + b"\n")
    assert found["aws.vpcflow.interface_id"] == f"eni{inside}1"
    assert found["aws.vpcflow.version"] == f"{inside}2"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"bogus line", r"expected 14 columns \(the default format\), found 2; no header line was read.*--format"),
        (RECORD + b" extra", r"expected 14 columns .*, found 15"),
        (RECORD.rsplit(b" ", 1)[0], r"expected 14 columns .*, found 13"),
        (RECORD.replace(b"OK", b"\xff"), r"not UTF-8 at byte 88"),
        (RECORD.replace(b"OK", b"\xed\xa0\x80"), r"not UTF-8"),
        (RECORD.replace(b"OK", b"O\0K"), r"NUL"),
        (b"\0", r"NUL"),
        (b"2 " + b"x" * MAX_RECORD_BYTES, r"over-long line"),
    ],
)
def test_what_cannot_be_framed_is_rejected_and_its_neighbours_are_not(line: bytes, reason: str) -> None:
    batch = decoder().decode(chunk(lines(RECORD, line, RECORD), position=Position("x", 1000), first_ordinal=5))
    (reject,) = batch.rejects
    assert (reject.ordinal, reject.offset, reject.raw) == (6, 1000 + len(RECORD) + 1, line)
    assert re.match(reason, reject.reason)
    assert tuple(batch.ordinals) == (5, 7)
    assert batch.sums == Sums(read=3)


def test_a_line_of_the_greatest_length_is_a_record() -> None:
    wide = RECORD.replace(b"eni-1", b"e" * (MAX_RECORD_BYTES - len(RECORD) + 5))
    assert len(wide) == MAX_RECORD_BYTES
    assert len(decode(wide + b"\n")) == 1


def test_wrong_width_names_who_named_the_columns() -> None:
    def reason(records: bytes, given: str | None = None) -> str:
        return decoder(given_format=given).decode(chunk(records)).rejects[0].reason

    assert reason(lines(HEADER, b"1 2")) == "expected 14 columns (the header line), found 2"
    assert reason(lines(b"1 2"), "srcaddr") == "expected 1 columns (the format given), found 2; check --format"


def test_a_chunk_that_begins_inside_a_line() -> None:
    batch = decoder().decode(chunk(lines(HEADER, RECORD), mid_line=True))
    assert [(reject.raw, reject.reason) for reject in batch.rejects] == [(HEADER, "over-long line")]
    assert len(batch) == 1


def test_the_chunks_header_is_in_force_until_another() -> None:
    records = lines(b"443 10.0.0.1", b"dstaddr bytes srcaddr", b"10.0.0.2 7 10.0.0.3", b"bytes", b"9")
    batch = decoder().decode(chunk(records, header=b"dstport srcaddr"))
    first, second, third = written(batch)
    assert (first["destination.port"], first["source.ip"]) == (443, "10.0.0.1")
    assert (second["destination.ip"], second["source.bytes"], second["source.ip"]) == ("10.0.0.2", 7, "10.0.0.3")
    assert third["source.bytes"] == 9
    assert batch.sums == Sums(read=5, skipped=2, suspect=3)


def test_a_header_may_turn_the_stream_into_a_transit_gateways() -> None:
    batch = decoder().decode(chunk(lines(b"bytes end", b"1 1700000000", b"tgw-id end", b"tgw-1 1700000000")))
    assert tuple(batch.partitions) == ("flowtap-aws.vpcflow-2023.11", "flowtap-aws.tgwflow-2023.11")


def test_a_format_given_for_lines_without_header() -> None:
    batch = decoder(given_format="${bytes} ${srcaddr}").decode(chunk(lines(b"7 10.0.0.3")))
    assert written(batch)[0]["source.bytes"] == 7
    with pytest.raises(ConfigError):
        decoder(given_format="7 10.0.0.3")


def test_a_chunks_header_of_names_nobody_knows_is_believed() -> None:
    batch = decoder().decode(chunk(b"7 8\n", header=b"from-2031 bytes"))
    assert written(batch)[0]["source.bytes"] == 8
    assert batch.unknown_columns == {"from-2031"}


def test_a_line_that_names_the_columns_in_force_is_a_header_however_few_are_known() -> None:
    batch = decoder(given_format="new newer bytes").decode(
        chunk(lines(b"new newer bytes", b"1 2 3", b"newer new bytes"))
    )
    assert batch.sums == Sums(read=3, skipped=1, suspect=2, malformed=1)
    assert len(batch) == 2
    assert tuple(batch.headers) == ((0, b"new newer bytes"),)


def test_unknown_columns_are_told() -> None:
    batch = decoder().decode(chunk(lines(b"bytes end from-2031", b"1 - x", b"bytes packets start end other new", b"")))
    assert batch.unknown_columns == {"from-2031", "other", "new"}


def test_kinds_are_counted() -> None:
    nodata = b"2 123456789010 eni-1 - - - - - - - 1700000000 1700000060 - NODATA"
    skipdata = nodata.replace(b"NODATA", b"SKIPDATA")
    malformed = RECORD.replace(b" 443 ", b" x ").replace(b" 4249 ", b" y ")
    undated = RECORD.replace(b"17000000", b"0")
    batch = decoder().decode(chunk(lines(RECORD, nodata, skipdata, skipdata, malformed, undated)))
    assert batch.sums == Sums(read=6, nodata=1, skipdata=2, malformed=2, suspect=1)
    assert len(batch) == 6


def test_what_is_too_old_is_counted_and_not_written() -> None:
    old = RECORD.replace(b"1700000060", b"1500000000")
    nodata = b"2 123456789010 eni-1 - - - - - - - 1400000000 1400000060 - NODATA"
    undated = RECORD.replace(b"17000000", b"0")
    tgw = lines(b"tgw-id end", b"tgw-1 1400000000")
    expire_before = {"aws.vpcflow": datetime.fromtimestamp(1700000060, UTC)}
    batch = decoder(expire_before=expire_before).decode(chunk(lines(old, RECORD, nodata, undated, b"x") + tgw))
    assert batch.sums == Sums(read=7, expired=2, skipped=1, malformed=1, suspect=1)
    assert tuple(batch.ordinals) == (1, 3, 6)
    assert len(batch.rejects) == 1


def test_pieces_of_a_line_are_marked_as_such() -> None:
    batch = decoder().decode(chunk(lines(RECORD, b"x", b"y" * (MAX_RECORD_BYTES + 1)), mid_line=True))
    assert [reject.fragment for reject in batch.rejects] == [True, False, True]


def test_headers_are_told_with_their_lines() -> None:
    batch = decoder().decode(chunk(lines(b"", HEADER, RECORD, b"bytes srcaddr"), first_ordinal=40))
    assert tuple(batch.headers) == ((41, HEADER), (43, b"bytes srcaddr"))


def test_operation() -> None:
    assert written(decoder().decode(chunk(RECORD)))[0].action == "create"
    assert written(decoder(operation="index").decode(chunk(RECORD)))[0].action == "index"


def test_what_an_objects_name_tells() -> None:
    (found,) = decode(lines(b"bytes end", b"1 1700000000"), origin=f"s3://bucket/some/{AWS_NAME}")
    assert found["aws.vpcflow.flow_log_id"] == "fl-0123456789abcdef0"
    assert found["aws.vpcflow.source_object"] == AWS_NAME
    assert (found["cloud.account.id"], found["cloud.region"]) == ("123456789012", "us-east-1")


def test_columns_say_more_than_the_objects_name() -> None:
    (found,) = decode(lines(b"account-id region bytes", b"unknown - 1"), origin=AWS_NAME)
    assert found["cloud"] == {"account": {"id": "unknown"}}
    (found,) = decode(lines(b"account-id region bytes", b"- eu-west-1 1"), origin=AWS_NAME)
    assert found["cloud"] == {"region": "eu-west-1"}


def test_other_origins_are_nobodys_business() -> None:
    batch = decoder(flow_log_id="fl-7").decode(chunk(RECORD, origin="/home/ann/logs/today.log"))
    (found,) = written(batch)
    assert found["aws.vpcflow.flow_log_id"] == "fl-7"
    assert b"today" not in batch.body
    assert b"ann" not in batch.body


def test_arrival() -> None:
    (found,) = decode(RECORD)
    assert found["event.ingested"] == "2024-02-03T04:05:06Z"


def test_offsets_count_bytes() -> None:
    batch = decoder().decode(chunk("ünï\nx\n".encode()))
    assert [(reject.offset, reject.raw) for reject in batch.rejects] == [(0, "ünï".encode()), (6, b"x")]
    assert isinstance(batch.rejects[0], Reject)
