"""B1 to B14: what bulk requests meet, made by a proxy in front of a real node; the whole command is run.

B6 without faults is test_backfill.test_loading_twice_adds_nothing_and_says_so; a flood stage that really came (B8) and
queues that are really full (B1) are in test_store_states; B13 is in test_faults_state.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import orjson
import pytest

from integration.command import Shipper
from integration.fault_proxy import (
    BAD_GATEWAY,
    BLOCKED,
    BOOM,
    BREAKER,
    BUSY,
    CUT,
    FORBIDDEN,
    GATEWAY_TIMEOUT,
    LOST,
    MALFORMED,
    NO_MANAGER,
    NO_SHARD,
    RESET,
    SPLASH,
    TOO_MANY,
    TOO_MUCH,
    UNAUTHORIZED,
    UNPARSABLE,
    Fault,
    FaultProxy,
    ItemError,
    Request,
    Sent,
    after,
    chosen,
    documents,
    every,
    first,
    larger_than,
    slow,
)
from integration.flow_log_files import BEGIN, HEADER, nonce, record, write_files
from integration.promise import RECORDS, SMALL_BODIES, assert_kept, backfill, dead_letters, through
from shipper.identity import document_id
from shipper.model import Batch, Chunk, ChunkId, Fate, Position
from shipper.opensearch.client import Connection, Store
from shipper.opensearch.partitions import Partitions
from shipper.opensearch.sink import OpenSearchSink


@pytest.fixture
def sink(shipper: Shipper) -> Iterator["Rig"]:
    rig = Rig(shipper)
    yield rig
    rig.close()


def sent_again(proxy: FaultProxy) -> int:
    """Documents that arrived more than once."""
    return sum(times > 1 for times in proxy.seen.values())


def documents_of_a_request(proxy: FaultProxy) -> int:
    """Most that one request can have held, of documents of one size."""
    return max(proxy.sizes) * proxy.seen.total() // sum(proxy.sizes) + 1


class Rig:
    """The sink in process, on the real node through a proxy; it waits a hundredth of the time."""

    def __init__(self, shipper: Shipper) -> None:
        self.proxy = FaultProxy(shipper.node.url)
        self.proxy.__enter__()
        self.prefix = shipper.prefix
        self.store = Store(Connection(self.proxy.url, timeout_seconds=30))
        partitions = Partitions(self.store, shipper.prefix, clock=lambda: datetime.now(UTC))
        partitions.rules()
        self.sink = OpenSearchSink(
            self.store,
            partitions,
            wait=lambda seconds: Event().wait(seconds / 100),
            clock=lambda: datetime.now(UTC),
            random=lambda: 0.5,
        )

    def batch(self, ids: list[str]) -> Batch:
        partition = f"{self.prefix}-aws.vpcflow-2026.01"
        lines = [
            b"%b\n%b\n"
            % (
                orjson.dumps({"create": {"_index": partition, "_id": each}}),
                orjson.dumps({"@timestamp": BEGIN * 1000, "aws": {"vpcflow": {"interface_id": f"nonce {number}"}}}),
            )
            for number, each in enumerate(ids)
        ]
        chunk = Chunk(ChunkId(0), b"x\n" * len(ids), Position("o", 0), "IDENTITY-12c", 0, datetime.now(UTC))
        cuts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
        return Batch(chunk, b"".join(lines), cuts, [partition] * len(ids), range(len(ids)))

    def close(self) -> None:
        self.store.close()
        self.proxy.close()


def test_b1_b3_items_that_are_busy_are_sent_again_and_no_others(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    gateways = [first(1, ItemError(status, "", ""), 0.01, seed=status) for status in (502, 504)]
    busy = (first(2, BUSY, 0.1), first(3, TOO_MUCH, 0.02, seed=1), first(1, NO_SHARD, 0.02, seed=2), *gateways)

    def plan(sent: Sent, given: int) -> ItemError | None:
        return next((answer for each in busy if (answer := each(sent, given))), None)

    with FaultProxy(shipper.node.url, items=plan) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs")).json
    sums = assert_kept(shipper, nonces, told)
    assert (sums["delivered"], sums["duplicate"], sums["dead_lettered"]) == (RECORDS, 0, 0)
    assert set(proxy.done) == {"item 429", "item 502", "item 503", "item 504"}
    faults = proxy.done.total()
    assert faults > RECORDS / 5
    assert proxy.resends == told["resent_documents"] == faults, "others were sent again too"


@pytest.mark.parametrize("fault", [BREAKER, TOO_MANY])
def test_b2_a_request_that_is_too_much_is_followed_by_smaller_ones(
    shipper: Shipper, tmp_path: Path, fault: Fault
) -> None:
    nonces = write_files(tmp_path / "logs", 3000, 1)
    with FaultProxy(shipper.node.url, [fault] * 3) as proxy:
        load = backfill(tmp_path / "logs", settings=["opensearch.body_bytes=1048576"])
        told = through(shipper, proxy)(*load).json
    assert_kept(shipper, nonces, told)
    assert proxy.done == {fault.name: 3}
    assert proxy.sizes[0] > 500_000
    assert proxy.sizes[3] < 270_000, "the body did not shrink"


def test_b4_b12_a_bad_document_is_a_dead_letter_at_once_and_its_neighbours_are_stored(
    shipper: Shipper, tmp_path: Path
) -> None:
    narrow = {"properties": {"source": {"properties": {"port": {"type": "short"}}}}}
    settings = {"index.mapping.ignore_malformed": False}
    index = f"/{shipper.prefix}-aws.vpcflow-2026.01"
    assert shipper.node.request("PUT", index, {"settings": settings, "mappings": narrow})[0] == 200
    numbers = [*range(1000), *range(40_000, 40_021)]
    text = "\n".join([HEADER, *(record(number, BEGIN) for number in numbers), ""])
    (tmp_path / "a.log").write_text(text)
    with FaultProxy(shipper.node.url, [None, BREAKER, LOST], items=first(1, BUSY, 0.1)) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "a.log"), code=5).json
    dead = [nonce(number) for number in range(40_000, 40_021)]
    assert_kept(shipper, [nonce(number) for number in numbers], told, dead=dead)
    letters = shipper("deadletter", "list", "--json").json
    assert {letter["reason"].partition(":")[0] for letter in letters} == {"mapper_parsing_exception"}
    assert {letter["index"] for letter in letters} == {index[1:]}
    assert all(1 <= proxy.seen[letter["id"]] <= 3 for letter in letters), "a bad document was sent on and on"


def test_b5_unknown_columns_add_no_field_whatever_their_names(shipper: Shipper, tmp_path: Path) -> None:
    index = f"/{shipper.prefix}-aws.vpcflow-2026.01"
    assert shipper.node.request("PUT", index)[0] == 200
    before = shipper.node.request("GET", f"{index}/_mapping")[1]
    names = [f"x-field-{number}" for number in range(1500)]
    values = " ".join("v" for _ in names)
    rows = [f"{record(number, BEGIN)} {values}" for number in range(3)]
    (tmp_path / "wide.log").write_text("\n".join([*rows, ""]))
    options = ["--format", f"{HEADER} {' '.join(names)}"]  # in a header most names must be known ones
    told = shipper(*backfill(tmp_path / "wide.log", options=options)).json
    assert_kept(shipper, [nonce(number) for number in range(3)], told)
    assert len(told["unknown_columns"]) == 1500
    assert shipper.node.request("GET", f"{index}/_mapping")[1] == before


def test_b5_a_field_limit_is_the_documents_fault_and_its_neighbours_are_stored(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    reason = "Limit of total fields [1000] has been exceeded"
    limit = first(1, ItemError(400, "illegal_argument_exception", reason), 0.01)
    with FaultProxy(shipper.node.url, items=limit) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs"), code=5).json
    dead = dead_letters(shipper)
    assert len(dead) == proxy.done["item 400"] > 0
    assert_kept(shipper, nonces, told, dead=dead)
    assert reason in shipper("deadletter", "list", "--json").json[0]["reason"]
    assert shipper("deadletter", "replay").out.startswith(f"{len(dead)} delivered")
    assert_kept(shipper, nonces)


def test_b6_b7_replies_lost_after_apply_add_nothing(shipper: Shipper, tmp_path: Path, nonces: list[str]) -> None:
    with FaultProxy(shipper.node.url, [LOST, None, LOST, None, None, LOST]) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs")).json
    sums = assert_kept(shipper, nonces, told)
    assert proxy.done == {"lost": 3}
    assert sums["duplicate"] == sent_again(proxy) > 0
    assert proxy.resends == told["resent_documents"] <= 3 * documents_of_a_request(proxy), "more than was lost"


def test_b8_gateways_masters_and_blocks_are_waited_out(shipper: Shipper, tmp_path: Path, nonces: list[str]) -> None:
    faults = [NO_MANAGER, RESET, None, BAD_GATEWAY, BLOCKED, GATEWAY_TIMEOUT]
    with FaultProxy(shipper.node.url, faults) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs")).json
    sums = assert_kept(shipper, nonces, told)
    assert sums["dead_lettered"] == 0
    assert proxy.done.total() == len(faults) - 1


def test_b9_what_is_too_large_is_split_and_one_document_that_is_alone_too_large_is_a_dead_letter(
    shipper: Shipper, tmp_path: Path
) -> None:
    most = 150_000
    huge = record(2000, BEGIN).replace("ACCEPT", "A" * 200_000)
    rows = [record(number, BEGIN) for number in range(2000)]
    (tmp_path / "a.log").write_text("\n".join([HEADER, *rows[:1000], huge, *rows[1000:], ""]))
    with FaultProxy(shipper.node.url, larger_than(most)) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "a.log", settings=[]), code=5).json
    assert_kept(shipper, [nonce(number) for number in range(2001)], told, dead=[nonce(2000)])
    assert proxy.done["too large"] < 30
    assert "413" in shipper("deadletter", "list", "--json").json[0]["reason"]


@pytest.mark.parametrize("fault", [UNAUTHORIZED, FORBIDDEN], ids=["401", "403"])
def test_b10_a_door_that_closes_mid_run_stops_it_and_makes_no_dead_letters(
    shipper: Shipper, tmp_path: Path, nonces: list[str], fault: Fault
) -> None:
    with FaultProxy(shipper.node.url, after(4, fault)) as proxy:
        run = through(shipper, proxy)(*backfill(tmp_path / "logs"), code=4)
    told = json.loads(run.out)
    assert not told["finished"]
    assert str(fault.status) in told["failure"]
    assert "opensearch.username" in told["failure"]
    assert proxy.done.total() < 10, "it went on asking"
    assert dead_letters(shipper) == set()
    assert told["sums"]["delivered"] <= shipper.count() < RECORDS
    rest = shipper(*backfill(tmp_path / "logs")).json
    assert_kept(shipper, nonces, told, rest)


def test_b11_replies_that_tell_nothing_cost_a_resend(shipper: Shipper, tmp_path: Path, nonces: list[str]) -> None:
    with FaultProxy(shipper.node.url, [CUT, SPLASH, None, CUT]) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs")).json
    sums = assert_kept(shipper, nonces, told)
    assert proxy.done == {"cut": 2, "splash": 1}
    assert sums["duplicate"] == sent_again(proxy)


def test_b11_a_reply_that_comes_too_slowly_is_given_up_and_one_that_comes_in_bits_is_not(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    with FaultProxy(shipper.node.url, [slow(60), slow(4)]) as proxy:
        load = backfill(tmp_path / "logs", settings=["opensearch.timeout_seconds=2"])
        told = through(shipper, proxy)(*load).json
    sums = assert_kept(shipper, nonces, told)
    assert 0 < sums["duplicate"] == sent_again(proxy)


def test_b12_every_figure_is_exact_whatever_comes_together(shipper: Shipper, tmp_path: Path, nonces: list[str]) -> None:
    def plan(sent: Sent, given: int) -> ItemError | None:
        if chosen(sent.id, 0.01, seed=3):
            return UNPARSABLE
        return BUSY if given < 2 and chosen(sent.id, 0.1) else None

    proxy = FaultProxy(shipper.node.url, every(7, BREAKER), items=plan)
    lost = every(9, LOST)
    proxy.faults = lambda request: every(7, BREAKER)(request) or lost(request)
    with proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs"), code=5).json
    ids = {letter["id"] for letter in shipper("deadletter", "list", "--json", "--limit", 1000).json}
    assert ids == {each for each in proxy.seen if chosen(each, 0.01, seed=3)}
    sums = assert_kept(shipper, nonces, told, dead=dead_letters(shipper))
    assert sums["dead_lettered"] == len(ids)
    assert told["resent_documents"] == proxy.resends


def test_b14_only_create_is_sent_with_index_and_id_and_replace_sends_index(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    actions: list[bytes] = []

    def look(request: Request) -> Fault | None:
        actions.extend(request.body.split(b"\n")[:-1:2])
        return None

    with FaultProxy(shipper.node.url, look) as proxy:
        for options, operation in (([], "create"), (["--replace"], "index")):
            actions.clear()
            told = through(shipper, proxy)(*backfill(tmp_path / "logs", options=options)).json
            assert_kept(shipper, nonces, told)
            assert len(actions) == RECORDS
            assert {tuple(orjson.loads(each)) for each in actions} == {(operation,)}
            assert {frozenset(orjson.loads(each)[operation]) for each in actions} == {frozenset({"_index", "_id"})}


def test_mostly_refused_documents_stop_the_run_and_are_there_once_the_template_is_mended(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    with FaultProxy(shipper.node.url, items=first(1 << 30, UNPARSABLE, 0.7)) as proxy:
        stopped = json.loads(through(shipper, proxy)(*backfill(tmp_path / "logs"), code=4).out)
    assert "shipper schema plan" in stopped["failure"]
    assert "mapper_parsing_exception" in stopped["failure"]
    shipper(*backfill(tmp_path / "logs"))
    shipper("deadletter", "replay")
    assert_kept(shipper, nonces)


def test_compressed_requests_hold_the_same_documents(shipper: Shipper, tmp_path: Path, nonces: list[str]) -> None:
    with FaultProxy(shipper.node.url, [LOST], items=first(1, BUSY, 0.1)) as proxy:
        load = backfill(tmp_path / "logs", settings=[SMALL_BODIES, "opensearch.compress=true"])
        assert_kept(shipper, nonces, through(shipper, proxy)(*load).json)
    assert proxy.wire_bytes < sum(proxy.sizes) / 3


def test_whole_requests_refused_as_malformed_are_halved_until_the_culprit_is_alone(
    shipper: Shipper, tmp_path: Path, nonces: list[str]
) -> None:
    culprit = "eni-00000000000000007"
    harmed = lambda request: MALFORMED if culprit.encode() in request.body else None  # noqa: E731
    with FaultProxy(shipper.node.url, harmed) as proxy:
        told = through(shipper, proxy)(*backfill(tmp_path / "logs"), code=5).json
    assert_kept(shipper, nonces, told, dead=[culprit])
    assert proxy.done["malformed"] < 12


def test_an_item_500_whose_neighbours_succeed_is_a_dead_letter_after_ten_times(sink: Rig) -> None:
    sink.proxy.items = lambda sent, _: BOOM if sent.id == "5" else None
    verdicts = sink.sink.write(sink.batch([str(number) for number in range(20)]))
    assert [number for number, verdict in enumerate(verdicts) if verdict.fate is Fate.REFUSED] == [5]
    assert "null_pointer_exception" in verdicts[5].reason
    assert sink.proxy.seen["5"] == 10


def test_an_item_500_of_a_while_is_waited_out(sink: Rig) -> None:
    sink.proxy.items = first(30, BOOM)
    verdicts = sink.sink.write(sink.batch([str(number) for number in range(20)]))
    assert {verdict.fate for verdict in verdicts} == {Fate.DELIVERED}


def test_an_id_that_is_too_long_is_a_dead_letter_and_its_neighbours_are_stored(sink: Rig) -> None:
    ids = ["a", "b" * 600, "c", "d"]
    verdicts = sink.sink.write(sink.batch(ids))
    assert [verdict.fate for verdict in verdicts] == [Fate.DELIVERED, Fate.REFUSED, Fate.DELIVERED, Fate.DELIVERED]
    assert "512" in verdicts[1].reason
    assert len(document_id("IDENTITY-12c", 2**63)) < 30, "ours cannot come near it"


def test_a_proxy_cuts_out_what_it_answers_for_itself(sink: Rig) -> None:
    """The other tests rest on this: an item fault was not applied."""
    sink.store.call("PUT", f"/{sink.prefix}-aws.vpcflow-2026.01")
    sink.proxy.items = first(1, BUSY, 0.5)
    ids = [uuid.uuid4().hex for _ in range(40)]
    body = sink.batch(ids).body
    assert [sent.id for sent, _, _ in documents(body)] == ids
    told = sink.store.request("POST", "/_bulk?refresh=true", body=body, content_type="application/x-ndjson").json()
    statuses = [item["create"]["status"] for item in told["items"]]
    busy = {each for each in ids if chosen(each, 0.5)}
    assert [status == 429 for status in statuses] == [each in busy for each in ids]
    assert 0 < len(busy) < 40
    path = f"/{sink.prefix}-aws.vpcflow-2026.01/_search?size=100&_source=false"
    hits = sink.store.call("GET", path)["hits"]["hits"]
    assert {hit["_id"] for hit in hits} == set(ids) - busy
