"""Flow logs: how fast they are decoded, how near a load comes to the store's own limit, memory, bytes a document.

    .venv/bin/python bench/flowlogs.py                                                     # minutes
    .venv/bin/python bench/flowlogs.py --records 60000 --load 100000 --stream-mb 300       # short
    .venv/bin/python bench/flowlogs.py --load 200000 --bytes-only                          # bytes a document alone
    .venv/bin/python bench/flowlogs.py --stream-mb 10000 --stream-only                     # memory alone

Decoding is measured on one pinned core in CPU time, the best of a few rounds, from decompressed text to finished bulk
lines. The load runs on all cores beside its node, which has seen all of it once: opensearch-py's streaming_bulk with
dicts, the very documents as ready-made bodies (the store's limit), then the command. Standard output: a line of
details, then a last line with `decode_records_per_second, all_fields_records_per_second, bad_lines_ratio,
end_to_end_ratio, speedup_over_streaming_bulk, peak_rss_mb, bytes_per_document`.
"""

import argparse
import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic, process_time

import orjson
import urllib3
from _bench import PREFIX, opensearch, say, tell
from flow_log_mix import all_fields_lines, default_lines, with_bad_lines

from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.process_memory import memory
from shipper.catalog import KINDS, DecoderParts
from shipper.decoders.flow_log.header import find_header
from shipper.identity import pieces
from shipper.model import Batch, Chunk, ChunkId, Position
from shipper.partition import PartitionRule

INDEX = f"{PREFIX}-aws.vpcflow-2026.01"
REQUESTS_AT_A_TIME = 3
ROUNDS = 5
PEER_DOCUMENTS = 100_000


def main() -> int:
    """Run it; the exit code."""
    options = _options()
    if options.bytes_only:
        tell(bytes_only(options.load))
        return 0
    if options.stream_only:
        tell(stream_only(options.stream_mb))
        return 0
    with TemporaryDirectory(prefix="flowtap-flowlogs-") as made:
        speeds = decode_speeds(options.records)
        with opensearch() as node:
            shipper = Shipper(node, PREFIX, Path(made) / "state")
            shipper.anew()
            result = speeds | load(shipper, Path(made), options.load)
            result["peak_rss_mb"] = stream(shipper, options.stream_mb)
            shipper.remove()
    tell(result)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Flow logs: speed, memory, bytes a document.")
    parser.add_argument("--records", type=int, default=200_000, help="to decode [default: 200000]")
    parser.add_argument("--load", type=int, default=500_000, help="to store [default: 500000]")
    parser.add_argument("--stream-mb", type=int, default=4_000, help="to stream with flat memory [default: 4000]")
    parser.add_argument("--bytes-only", action="store_true", help="only bytes a document, of ready-made bodies")
    parser.add_argument("--stream-only", action="store_true", help="only the stream's memory")
    return parser.parse_args()


def decode_speeds(records: int) -> dict[str, float]:
    """Records a second on one core: default format, all fields; bad lines as a share of that."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        plain = b"".join(default_lines(records))
        default = _speed(plain)
        say(f"default format: {default:,.0f} records/s")
        every = _speed(b"".join(all_fields_lines(records // 4)))
        say(f"all fields: {every:,.0f} records/s")
        bad = _speed(with_bad_lines(plain, 0.01))
        say(f"1 % bad lines: {bad:,.0f} records/s")
    finally:
        os.sched_setaffinity(0, cores)
    return {
        "decode_records_per_second": round(default),
        "all_fields_records_per_second": round(every),
        "bad_lines_ratio": round(bad / default, 3),
    }


def _speed(text: bytes) -> float:
    decoder = KINDS["flowlogs"].decoder(_parts())
    chunks = list(_chunks(text))
    best = float("inf")
    for _ in range(ROUNDS):
        begin = process_time()
        for chunk in chunks:
            decoder.decode(chunk)
        best = min(best, process_time() - begin)
    return text.count(b"\n") / best


def _parts() -> DecoderParts:
    rules = {name: PartitionRule(PREFIX, name) for name in ("aws.vpcflow", "aws.tgwflow")}
    return DecoderParts(rules, {})


def _chunks(text: bytes) -> Iterator[Chunk]:
    now = datetime.now(UTC)
    for number, piece in enumerate(pieces([text], "bench.log", find_header)):
        yield Chunk(
            ChunkId(number), piece.records, Position("bench.log", piece.offset), piece.identity, piece.first_ordinal,
            now, piece.header,
        )  # fmt: skip


def load(shipper: Shipper, folder: Path, records: int) -> dict[str, float]:
    """The store's limit, the command, the peer: documents a second; then what a document takes."""
    text = b"".join(default_lines(records))
    log = folder / "bench.log"
    log.write_bytes(text)
    decoder = KINDS["flowlogs"].decoder(_parts())
    batches = [decoder.decode(chunk) for chunk in _chunks(text)]
    _ready_made(shipper.node, batches)  # a node that just started is several times slower
    shipper.anew()
    peer = _peer(shipper.node, list(islice(_documents(batches), PEER_DOCUMENTS)))
    say(f"streaming_bulk: {peer:,.0f} documents/s")
    shipper.anew()
    limit = _ready_made(shipper.node, batches)
    say(f"the store's own limit: {limit:,.0f} documents/s")
    shipper.anew()
    told = shipper("backfill", "flowlogs", log, "--json").json
    ours = told["sums"]["delivered"] / told["seconds"]
    say(f"end to end: {ours:,.0f} documents/s")
    return {
        "end_to_end_ratio": round(ours / limit, 3),
        "speedup_over_streaming_bulk": round(ours / peer, 2),
        "bytes_per_document": round(_bytes_a_document(shipper.node, told["sums"]["delivered"]), 1),
    }


def bytes_only(records: int) -> dict[str, float]:
    """What a document takes, without the loads that measure speed."""
    decoder = KINDS["flowlogs"].decoder(_parts())
    batches = [decoder.decode(chunk) for chunk in _chunks(b"".join(default_lines(records)))]
    with TemporaryDirectory(prefix="flowtap-flowlogs-") as made, opensearch() as node:
        shipper = Shipper(node, PREFIX, Path(made) / "state")
        shipper.anew()
        _ready_made(node, batches)
        taken = _bytes_a_document(node, sum(map(len, batches)))
        shipper.remove()
    return {"bytes_per_document": round(taken, 1)}


def stream_only(megabytes: int) -> dict[str, float]:
    """The stream alone."""
    with TemporaryDirectory(prefix="flowtap-flowlogs-") as made, opensearch() as node:
        shipper = Shipper(node, PREFIX, Path(made) / "state")
        shipper.anew()
        return {"peak_rss_mb": stream(shipper, megabytes)}


def _documents(batches: Sequence[Batch]) -> Iterator[dict[str, object]]:
    for batch in batches:
        yield from map(orjson.loads, bytes(batch.body).splitlines()[1::2])


def _ready_made(node: OpenSearchNode, batches: Sequence[Batch]) -> float:
    """Finished bodies, as they are, from a few connections."""
    pool = urllib3.PoolManager(maxsize=REQUESTS_AT_A_TIME, block=True, retries=False, timeout=120)
    headers = {"content-type": "application/x-ndjson"}
    node.request("PUT", f"/{INDEX}")

    def send(batch: Batch) -> int:
        answer = pool.request("POST", f"{node.url}/_bulk?filter_path=errors", body=batch.body, headers=headers)
        if answer.status != 200 or orjson.loads(answer.data)["errors"]:
            raise SystemExit(f"{answer.status}: {answer.data[:300]!r}")
        return len(batch)

    begin = monotonic()
    with ThreadPoolExecutor(REQUESTS_AT_A_TIME) as workers:
        stored = sum(workers.map(send, batches))
    return stored / (monotonic() - begin)


def _peer(node: OpenSearchNode, documents: Sequence[dict[str, object]]) -> float:
    """opensearch-py's streaming_bulk, one dict a record, with its own choice of sizes."""
    from opensearchpy import OpenSearch  # noqa: PLC0415  (only for this comparison)
    from opensearchpy.helpers import streaming_bulk  # noqa: PLC0415

    node.request("PUT", f"/{INDEX}")
    client = OpenSearch(node.url, timeout=120)
    actions = ({"_op_type": "create", "_index": INDEX, "_source": document} for document in documents)
    begin = monotonic()
    stored = sum(1 for _ in streaming_bulk(client, actions))
    return stored / (monotonic() - begin)


def _bytes_a_document(node: OpenSearchNode, documents: int) -> float:
    node.request("POST", f"/{INDEX}/_refresh")
    node.request("POST", f"/{INDEX}/_forcemerge?max_num_segments=1&wait_for_completion=false")
    segments: Sequence[dict[str, str]] = ()
    while len(segments) != 1 or int(segments[0]["docs.count"]) != documents:  # a merge of many takes minutes
        Event().wait(2)
        node.request("POST", f"/{INDEX}/_refresh")
        _, segments = node.request("GET", f"/_cat/segments/{INDEX}?format=json&bytes=b&h=size,docs.count")
    return sum(int(segment["size"]) for segment in segments) / documents


def stream(shipper: Shipper, megabytes: int) -> float:
    """Most memory of the command while so much comes through a pipe and is decoded and counted, in MB."""
    block = b"".join(default_lines(100_000))
    process = subprocess.Popen(  # noqa: S603
        shipper.command("backfill", "flowlogs", "-", "--dry-run", "--json"),
        env=shipper.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None  # noqa: S101
    begin = monotonic()
    written = 0
    early = 0.0
    while written < megabytes * 1_000_000:
        process.stdin.write(block)
        written += len(block)
        if not early and written > megabytes * 100_000:
            early = memory(process.pid).peak
    peak = memory(process.pid).peak
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"exit {process.returncode}: {out[-500:]!r}")
    say(f"{written / 1e6:,.0f} MB streamed in {monotonic() - begin:.0f} s; {early:.1f} MB after a tenth of it")
    return round(peak, 1)


if __name__ == "__main__":
    raise SystemExit(main())
