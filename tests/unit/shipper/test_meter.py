"""A metered sink does what the sink does, and knows what is on its way."""

import pytest

from fakes import NOW, FakeClock, FakeDecoder, FakeSink, FakeSource
from shipper.errors import Unavailable
from shipper.meter import MeteredSink
from shipper.model import Batch


def batch() -> Batch:
    chunk = FakeSource([b"one a\none b\n"]).poll(1)
    assert chunk
    return FakeDecoder().decode(chunk)


def test_what_is_on_its_way_is_counted_while_it_is() -> None:
    clock, seen = FakeClock(), []
    inner = FakeSink(before=lambda _: seen.append(sink.in_flight()))
    sink = MeteredSink(inner, clock)
    assert len(sink.write(batch())) == 2
    assert seen == [(1, len(batch().chunk.records) + len(batch().body), NOW)]
    assert sink.in_flight() == (0, 0, None)
    assert sink.sent_bytes == len(batch().body)


def test_a_batch_without_verdicts_is_not_sent() -> None:
    def away(_: Batch) -> None:
        raise Unavailable("gone")

    sink = MeteredSink(FakeSink(before=away), FakeClock())
    with pytest.raises(Unavailable):
        sink.write(batch())
    assert (sink.sent_bytes, sink.in_flight()) == (0, (0, 0, None))
