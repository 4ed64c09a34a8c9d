"""Dead letters once more: same ids, right columns, forgotten only when they got through."""

from collections import deque
from dataclasses import replace
from pathlib import Path
from threading import Event

import orjson
import pytest

from fakes import (
    NOW,
    FakeDeadLetters,
    FakeDecoder,
    FakeEndpoint,
    FakePartitions,
    FakeSink,
    FakeSource,
    FakeWait,
    lost_after,
)
from flow_log_samples import RECORD, decoder, lines
from shipper.deadletter import DeadLetterDirectory, letter_id
from shipper.decoders.flow_log.exact import FlowLogDecoder
from shipper.dispatch import joined
from shipper.errors import Unavailable
from shipper.identity import OVER_LONG
from shipper.model import Batch, DeadLetter, Fate, Position, RecordKind, Stream, Verdict
from shipper.opensearch.bulk import Item
from shipper.opensearch.sink import OpenSearchSink
from shipper.pipeline import Pipeline
from shipper.replay import AT_A_TIME, Replayed, replay

KIND = RecordKind("flowlogs")
STREAM = Stream(KIND, "")


def letter(ordinal: int, raw: bytes = RECORD, **changes: object) -> DeadLetter:
    made = DeadLetter(KIND, raw, Position("some.log", 0), "IDENTITY-12c", ordinal, b"", "x: y", NOW, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


def flow_logs(_: RecordKind) -> FlowLogDecoder:
    return decoder()


def sink_on(store: FakeEndpoint) -> OpenSearchSink:
    return OpenSearchSink(store, FakePartitions(), wait=FakeWait(), clock=lambda: NOW, random=lambda: 0.5)


def documents(store: FakeEndpoint) -> dict[str, dict[str, object]]:
    return {document_id: orjson.loads(document) for (_, document_id), document in store.documents.items()}


def load(records: bytes, store: FakeEndpoint) -> list[DeadLetter]:
    """What is left over of a stream."""
    letters = FakeDeadLetters()
    Pipeline(
        FakeSource([records]), decoder(), sink_on(store), letters, stream=STREAM, clock=lambda: NOW, stop=Event()
    ).run()
    return letters.letters


def test_a_replay_stores_what_a_first_success_would_have_stored() -> None:
    """With the header in force at each line, though it stands inside the chunk, and with the same ids."""
    records = lines(RECORD, b"srcaddr vpc-id", b"10.0.0.1 vpc-a", b"", b"vpc-id srcaddr", b"vpc-b 10.0.0.2")
    good, bad = FakeEndpoint(), FakeEndpoint(item=lambda _: Item(400, "mapper_parsing_exception", "no"))
    assert load(records, good) == []
    letters = load(records, bad)
    assert (len(letters), bad.documents) == (3, {})
    bad.item = lambda _: None
    forgotten: list[str] = []
    results = list(replay(letters, flow_logs, sink_on(bad), lambda ids: forgotten.extend(ids) or 0))
    assert [result.fate for result in results] == [Fate.DELIVERED] * 3
    assert bad.documents == good.documents
    assert set(forgotten) == {letter_id(each) for each in letters} == documents(bad).keys()


def test_only_what_got_through_is_forgotten(tmp_path: Path) -> None:
    store = FakeEndpoint(
        item=lambda sent: Item(400, "mapper_parsing_exception", "no") if sent.id.endswith("2") else None
    )
    letters = DeadLetterDirectory(tmp_path)
    letters.append([letter(1), letter(2), letter(3), letter(4, b"bogus"), letter(5, b"srcaddr dstaddr bytes")])
    columns = (
        "expected 14 columns (the default format), found 1; no header line was read: name the columns with --format"
    )
    found = list(replay(letters.read(), flow_logs, sink_on(store), letters.remove))
    assert {(result.id, result.fate, result.reason) for result in found} == {
        (letter_id(letter(1)), Fate.DELIVERED, ""),
        (letter_id(letter(2)), Fate.REFUSED, "mapper_parsing_exception: no"),
        (letter_id(letter(3)), Fate.DELIVERED, ""),
        (letter_id(letter(4)), Fate.REFUSED, columns),
        (
            letter_id(letter(5)),
            Fate.REFUSED,
            "no record: a header or blank line, or one that is older than the retention or not selected",
        ),
    }
    assert [each.ordinal for each in letters.read()] == [2, 4, 5]


def test_a_piece_of_a_line_stays_even_if_it_looks_like_a_record(tmp_path: Path) -> None:
    store, letters = FakeEndpoint(), DeadLetterDirectory(tmp_path)
    letters.append([letter(1, fragment=True, reason=OVER_LONG)])
    (result,) = replay(letters.read(), flow_logs, sink_on(store), letters.remove)
    assert (result.fate, "over-long" in result.reason) == (Fate.REFUSED, True)
    assert (store.documents, len(list(letters.read()))) == ({}, 1)


def test_a_replay_that_was_killed_is_repeated_without_harm(tmp_path: Path) -> None:
    def killed(_: frozenset[str]) -> int:
        raise KeyboardInterrupt

    store, letters = FakeEndpoint(requests=deque([lost_after])), DeadLetterDirectory(tmp_path)
    letters.append([letter(1), letter(2)])
    with pytest.raises(KeyboardInterrupt):
        list(replay(letters.read(), flow_logs, sink_on(store), killed))
    assert len(list(letters.read())) == 2
    results = list(replay(letters.read(), flow_logs, sink_on(store), letters.remove))
    assert [result.fate for result in results] == [Fate.DUPLICATE] * 2
    assert list(letters.read()) == []
    assert len(store.documents) == 2


def test_many_letters_are_replayed_group_by_group_from_a_store_they_leave(tmp_path: Path) -> None:
    letters = DeadLetterDirectory(tmp_path, segment_bytes=50_000)
    letters.append([letter(number) for number in range(AT_A_TIME)])
    letters.append([letter(number) for number in range(2 * AT_A_TIME + 1)])
    sink = FakeSink()
    results = list(replay(letters.read(), flow_logs, sink, letters.remove))
    assert len(results) == 2 * AT_A_TIME + 1
    assert [len(batch) for batch in sink.written] == [AT_A_TIME, AT_A_TIME, 1]
    assert list(letters.read()) == []


def test_a_group_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shipper.replay.BYTES_AT_A_TIME", 3 * len(RECORD))
    sink = FakeSink()
    results = list(replay([letter(number) for number in range(7)], flow_logs, sink, lambda _: 0))
    assert len(results) == 7
    assert [len(batch) for batch in sink.written] == [3, 3, 1]


def test_a_letter_whose_document_is_there_already_is_gone(tmp_path: Path) -> None:
    """Whoever loaded the input again with the right columns has stored it under the same id."""
    store, letters = FakeEndpoint(), DeadLetterDirectory(tmp_path)
    letters.append([letter(1)])
    list(replay([letter(1)], flow_logs, sink_on(store), lambda _: 0))
    (result,) = replay(letters.read(), flow_logs, sink_on(store), letters.remove)
    assert result == Replayed(letter_id(letter(1)), Fate.DUPLICATE)
    assert list(letters.read()) == []


def test_told_to_stop_the_group_stays(tmp_path: Path) -> None:
    def before(_: Batch) -> None:
        raise Unavailable("told to stop")

    letters = DeadLetterDirectory(tmp_path)
    letters.append([letter(1)])
    with pytest.raises(Unavailable):
        list(replay(letters.read(), flow_logs, FakeSink(before=before), letters.remove))
    assert len(list(letters.read())) == 1


def test_letters_of_several_kinds_are_decoded_by_their_own_settings() -> None:
    other = RecordKind("flowlogs", {"format": "srcaddr vpc-id"})
    letters = [letter(1), letter(2, b"10.0.0.9 vpc-c", kind=other)]
    store = FakeEndpoint()
    results = list(
        replay(letters, lambda kind: decoder(given_format=kind.settings.get("format")), sink_on(store), lambda _: 0)
    )
    assert results == [Replayed(letter_id(each), Fate.DELIVERED) for each in letters]
    assert documents(store)["IDENTITY-12c2"]["source"] == {"ip": "10.0.0.9"}


def test_batches_joined_hold_each_document_as_it_was() -> None:
    store = FakeEndpoint()
    each = [FakeSource([text]).poll(1) for text in (b"p a\np b\n", b"\n", b"q c\n")]
    batches = [FakeDecoder().decode(chunk) for chunk in each if chunk]
    whole = joined(batches)
    assert (len(whole), list(whole.partitions), list(whole.ordinals)) == (3, ["p", "p", "q"], [0, 1, 0])
    assert sink_on(store).write(whole) == [Verdict(Fate.DELIVERED)] * 3
    cut_out = [whole.body[begin:end] for begin, end in zip(whole.cuts, whole.cuts[1:], strict=False)]
    assert b"".join(cut_out) == whole.body == b"".join(batch.body for batch in batches)
