from datetime import UTC, datetime

import orjson
import pytest

from eve_samples import decode, decoder, line, only, reason
from flow_log_samples import chunk, written
from shipper.identity import MAX_RECORD_BYTES


def test_equal_lines_of_one_sensor_have_one_id_wherever_they_are_read() -> None:
    first, again = decode(line(), line())
    batch = decoder().decode(chunk(line() + b"\n", "elsewhere", identity="another", first_ordinal=99))
    assert len({first.id, again.id, written(batch)[0].id}) == 1
    assert len(first.id) == 16


def test_the_sensor_is_part_of_the_id_whoever_names_it() -> None:
    named = only(host="a").id
    other = only(host="b").id
    given, given_other = (only(host=None, options={"sensor": name}).id for name in ("a", "b"))
    assert len({named, other, given, given_other}) == 4
    assert only(host="a", options={"sensor": "b"}).id == named


def test_an_id_is_pinned() -> None:
    """Changing it is a migration (ADR 0001)."""
    assert only().id == "exf4sGsYDkP3Ig0o"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"no json", "not JSON: "),
        (b'{"event_type":"flow"', "not JSON: "),
        (b"[1]", "not a JSON object"),
        (b'"flow"', "not a JSON object"),
        (b'{"timestamp":"2026-03-04T05:06:07.891234+0000"}', "no event_type"),
        (b'{"event_type":7}', "no event_type"),
        (b'{"event_type":"flow","x":NaN}', "not JSON: NaN"),
        (b'{"event_type":"f\xff"}', "not UTF-8 at byte 16"),
        (b'{"event_type":"flow\0"}', "not JSON: "),
        (b'{"event_type":"flow","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deep"),
        (b'{"event_type":"flow","x":' + b"[" * 900 + b"]" * 900 + b"}", ""),
        (b"x" * (MAX_RECORD_BYTES + 1), "over-long line"),
    ],
)  # fmt: skip
def test_what_is_no_event_is_a_reject_with_a_reason(raw: bytes, why: str) -> None:
    batch = decoder().decode(chunk(raw + b"\n" + line() + b"\n"))
    if not why:
        assert len(batch) == 2
        return
    assert reason(raw).startswith(why)
    (reject,) = batch.rejects
    assert (reject.raw, reject.ordinal, reject.offset) == (raw, 0, 0)
    assert len(batch) == 1


def test_blank_lines_are_skipped_and_counted() -> None:
    batch = decoder().decode(chunk(b"\n \r\n" + line() + b"\r\n"))
    assert (batch.sums.read, batch.sums.skipped, len(batch)) == (3, 2, 1)
    assert batch.ordinals == [2]


def test_a_line_without_its_end_is_read() -> None:
    assert len(decoder().decode(chunk(line()))) == 1


def test_the_rest_of_a_cut_line_is_a_fragment() -> None:
    (reject,) = decoder().decode(chunk(b"rest}\n" + line() + b"\n", mid_line=True)).rejects
    assert reject.fragment


def test_a_partition_is_of_the_events_own_month_and_dataset() -> None:
    assert only().index == "flowtap-suricata.flow-2026.03"
    assert only("smb").index == "flowtap-suricata.other-2026.03"
    assert only("never-heard-of", x={"": 1}).index == "flowtap-suricata.other-2026.03"


def test_events_older_than_the_retention_are_counted_not_written() -> None:
    oldest = {"suricata.flow": datetime(2026, 4, 1, tzinfo=UTC)}
    batch = decoder(expire_before=oldest).decode(chunk(line() + b"\n" + line("dns") + b"\n"))
    assert (batch.sums.expired, len(batch)) == (1, 1)


def test_replacing_sends_index() -> None:
    assert only(options={"operation": "index"}).action == "index"


def test_numbers_no_leaf_can_hold_are_kept_as_text_exactly() -> None:
    raw = line(flow={"bytes_toserver": "@", "age": 5}, unheard_of={"n": "@"}).replace(b'"@"', b"18446744073709551617")
    (document,) = decode(raw)
    assert document.document["flowtap"]["malformed"] == [{"path": "source.bytes", "text": "18446744073709551617"}]
    assert "bytes" not in document.document["source"]
    assert orjson.loads(document["suricata.eve.unknown"]) == {"unheard_of": {"n": 18446744073709551616}}
    assert "18446744073709551617" in document["suricata.eve.unknown"]


@pytest.mark.parametrize(("value", "kept"), [(2**53 + 1, True), (2**63 - 1, True), (2**63, False), (2**64 - 1, False)])
def test_counters_are_exact_up_to_63_bits(value: int, kept: bool) -> None:
    document = only(flow={"bytes_toserver": value})
    assert (document.document["source"].get("bytes") == value) == kept
    assert ("malformed" in document.document["flowtap"]) != kept


def test_half_a_surrogate_moves_aside_and_its_event_stays() -> None:
    (document,) = decode(line("http", http={"hostname": "@", "url": "/x"}).replace(b'"@"', rb'"a\ud800b"'))
    assert document.document["flowtap"]["malformed"] == [{"path": "url.domain", "text": "a\\ud800b"}]
    assert document["url.original"] == "/x"
