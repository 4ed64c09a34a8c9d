"""One attempt, and the truth about it; nothing raises."""

from collections import deque
from typing import Any

import orjson
import pytest

from fakes import FakeEndpoint, FakePartitions, RequestFault, answer, cut_short, lost_after, lost_before, page
from shipper.errors import Refused, Unavailable
from shipper.opensearch.best_effort import BestEffort, Document, delete
from shipper.opensearch.bulk import Item
from shipper.opensearch.client import Connection, Store
from shipper.opensearch.reply import Reply

TWO = [Document("a", "1", {"x": 1}), Document("b", "2", {"x": 2}, "index")]


def test_what_is_written_is_there_and_a_second_time_is_no_trouble() -> None:
    endpoint = FakeEndpoint()
    writer = BestEffort(endpoint, FakePartitions())
    assert writer.write(TWO)
    assert writer.write(TWO)
    assert endpoint.documents == {("a", "1"): b'{"x":1}', ("b", "2"): b'{"x":2}'}
    assert (writer.failed, writer.refused) == (0, 0)


@pytest.mark.parametrize(
    "fault",
    [answer(429), answer(403, "security_exception"), answer(401), page(502), lost_before, lost_after, cut_short],
)
def test_what_the_store_cannot_take_now_is_said(fault: RequestFault) -> None:
    writer = BestEffort(FakeEndpoint(requests=deque([fault])), FakePartitions())
    assert not writer.write(TWO)
    assert writer.failed == 1
    assert writer.write(TWO)


@pytest.mark.parametrize("error", [Unavailable("gone"), Refused("no template")])
def test_a_partition_that_cannot_be_looked_for_raises_nothing(error: Exception) -> None:
    def away() -> None:
        raise error

    assert not BestEffort(FakeEndpoint(), FakePartitions(away)).write(TWO)


def test_a_partition_that_cannot_be_made_now_is_waited_for() -> None:
    endpoint, partitions = FakeEndpoint(), FakePartitions()
    partitions.refused["a"] = Item(400, "validation_exception", "shards")
    assert not BestEffort(endpoint, partitions).write(TWO)
    assert endpoint.sent == []


def test_a_document_that_is_refused_for_good_is_not_tried_for_ever() -> None:
    refusal = Item(400, "mapper_parsing_exception", "no")
    writer = BestEffort(FakeEndpoint(item=lambda sent: refusal if sent.id == "1" else None), FakePartitions())
    assert writer.write(TWO)
    assert writer.refused == 1


def test_a_partition_that_is_gone_is_looked_for_again() -> None:
    gone = iter([Item(404, "index_not_found_exception", "gone")])
    partitions = FakePartitions()
    assert not BestEffort(FakeEndpoint(item=lambda _: next(gone, None)), partitions).write(TWO)
    assert set(partitions.forgotten) == {"a", "b"}


class Holding(Store):
    """A store of ids by index that can be told to fail."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(Connection("http://cluster"))
        self.ids = {("f-deadletter-2024.01", "1"), ("f-deadletter-2024.02", "2")}
        self.status = status

    def request(self, method: str, path: str, *, body: bytes | None = None, **_options: Any) -> Reply:
        if method == "GET":
            assert path == "/f-deadletter-*/_mapping"
            return Reply(200, orjson.dumps({index: {} for index, _ in self.ids}))
        if self.status == 0:
            raise Unavailable("gone")
        items = []
        for line in (body or b"").splitlines():
            where = orjson.loads(line)["delete"]
            key = (where["_index"], where["_id"])
            items.append({"delete": {"status": 200 if key in self.ids else 404}})
            self.ids.discard(key)
        return Reply(self.status, orjson.dumps({"items": items}))


def test_ids_are_deleted_wherever_they_are() -> None:
    store = Holding()
    assert delete(store, "f-deadletter-*", ["1", "3"]) == ""
    assert store.ids == {("f-deadletter-2024.02", "2")}


@pytest.mark.parametrize("status", [0, 403, 503])
def test_what_may_be_left_is_said(status: int) -> None:
    assert delete(Holding(status), "f-deadletter-*", ["1"])
