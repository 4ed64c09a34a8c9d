"""What an event costs: EVE lines to finished bulk lines on one core, and through to a real OpenSearch.

    .venv/bin/python bench/eve.py

The corpus is made up, always the same: connections of a small network in the shapes that Suricata 7 writes them with
its own settings and community ids, about 580 bytes a line: of 100 events 34 flow, 26 dns, 14 http, 10 tls, 5 fileinfo,
4 smb, 3 ssh, 2 alert, 1 netflow, 1 anomaly. Addresses, ports, names, counters, times and ids differ from line to line.

1. CPU time of decoding in this process, one thread, the first chunk included (its forms are learned then). As in the
   shipper, batches are kept until 32 MiB of them are there, then the oldest goes. Beside it that of a chunk with known
   forms, the median, and what reading and writing each line with orjson and hashing it costs alone, in the same run.
2. The store's own limit: the same documents, ready made, in bodies of the same size with as many requests at once,
   into an empty prefix of a node that has seen them once; against it the whole command `shipper backfill eve`, from its
   start to its end.
3. A file that `shipper run` follows: lines appended at a fixed rate, and for each append the time until the store's own
   count (asked again and again, refreshed) has them: what that adds is in the figure, too.
4. That node is killed for `--outage-seconds` while lines go on being appended, at the same rate for a tenth of the
   time, then slowly; it comes back, and everything is stored. Not on a node of OPENSEARCH_URL.

Last line: `cpu_us_per_event, end_to_end_ratio, tail_p99_seconds, peak_rss_mb`; the last is the VmHWM of the command
that follows the file, outage included; that of the load stands in the line before. `--decode-only` needs no OpenSearch
and leaves the others null.
"""

import argparse
import json
import subprocess
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from operator import truediv
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory, TemporaryFile
from threading import Event
from time import monotonic, process_time
from typing import Any

import orjson
from _bench import PREFIX, lasting_node, opensearch, say, tell
from eve_mix import corpus

from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for
from integration.eve_log import DATASET, EveLog, settings
from integration.process_memory import memory
from integration.running import Running
from shipper.decoders.eve.decoder import ID_BYTES, EveDecoder
from shipper.decoders.eve.event import DATASETS
from shipper.identity import pieces
from shipper.model import Batch, Chunk, ChunkId, Position
from shipper.partition import PartitionRule

BODY_BYTES = 8 << 20
IN_FLIGHT = 3
KEPT_BYTES = 32 << 20  # opensearch.memory_bytes
_APPENDS = 20
_LONGEST_WAIT = 120
_RECOVERY = 1800
pause = Event().wait


def main() -> int:
    """Run it; the exit code."""
    options = _options()
    with TemporaryDirectory(prefix="flowtap-eve-") as folder:
        file = Path(folder) / "eve.json"
        file.write_bytes(corpus(options.events))
        size = file.stat().st_size
        chunks = _chunks(file)
        cpu, steady, floor = _measured(chunks)
        say(f"{options.events:,} events of {size / options.events:.0f} bytes: {cpu:.2f} µs each")
        ratio = load_rss = rss = p99 = None
        if not options.decode_only:
            with opensearch() as node:
                file.write_bytes(corpus(options.load))
                ratio, load_rss = _end_to_end(node, file, options.load)
                outage = 0 if lasting_node() else options.outage_seconds
                p99, rss = tail(node, Path(folder), options.rate, options.seconds, outage)
    tell({
        "events": options.events, "bytes_per_event": round(size / options.events, 1),
        "load_peak_rss_mb": load_rss, "steady_us_per_event": round(steady, 2),
        "orjson_and_hash_us_per_event": round(floor, 2),
    })  # fmt: skip
    tell({
        "cpu_us_per_event": round(cpu, 2), "end_to_end_ratio": ratio, "tail_p99_seconds": p99, "peak_rss_mb": rss,
    })  # fmt: skip
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What an event costs.")
    parser.add_argument("--events", type=int, default=60_000, help="events to decode [default: 60000]")
    parser.add_argument("--load", type=int, default=200_000, help="events to store [default: 200000]")
    parser.add_argument("--rate", type=int, default=5000, help="lines a second appended to a file [default: 5000]")
    parser.add_argument("--seconds", type=int, default=20, help="for so long [default: 20]")
    parser.add_argument("--outage-seconds", type=int, default=300, help="the node is gone for so long [default: 300]")
    parser.add_argument("--decode-only", action="store_true")
    return parser.parse_args()


def _chunks(file: Path) -> list[Chunk]:
    arrived = datetime.now(UTC)
    return [
        Chunk(
            ChunkId(number),
            piece.records,
            Position("eve.json", piece.offset),
            piece.identity,
            piece.first_ordinal,
            arrived,
        )
        for number, piece in enumerate(pieces([file.read_bytes()], "eve.json", lambda _: None))
    ]


def _decoder() -> EveDecoder:
    return EveDecoder({name: PartitionRule(f"{PREFIX}limit", name) for name in DATASETS})


def _measured(chunks: list[Chunk]) -> tuple[float, float, float]:
    """CPU microseconds for each event: of all, of the median chunk, and of orjson and the hash alone.

    Reading and cutting the file are not in it.
    """
    decoder = _decoder()
    kept: deque[Batch] = deque()
    sizes, spent, alone = [], [], []
    for chunk in chunks:
        began = process_time()
        kept.append(decoder.decode(chunk))
        while sum(len(batch.body) for batch in kept) > KEPT_BYTES:
            kept.popleft()
        done = process_time()
        _least(chunk.records)
        spent.append(done - began)
        alone.append(process_time() - done)
        sizes.append(len(kept[-1]) / 1e6)
        if len(kept[-1]) != kept[-1].sums.read or kept[-1].sums.malformed:
            raise SystemExit("the corpus holds what is no event, or is not of its kind")
    each, least = (list(map(truediv, parts, sizes)) for parts in (spent, alone))
    return sum(spent) / sum(sizes), median(each), median(least)


def _least(records: bytes) -> None:
    """What no decoder that parses, hashes and writes could do without."""
    empty = blake2b(digest_size=ID_BYTES)
    for line in records.splitlines():
        orjson.dumps(orjson.loads(line))
        digest = empty.copy()
        digest.update(line)
        digest.digest()


def _end_to_end(node: OpenSearchNode, file: Path, events: int) -> tuple[float, float]:
    """Documents a second of the command against those of the store alone; the command's peak memory in MB."""
    batches = list(map(_decoder().decode, _chunks(file)))
    partitions = {partition for batch in batches for partition in batch.partitions}
    limit = Shipper(node, f"{PREFIX}limit", file.parent / "limit")
    whole = Shipper(node, f"{PREFIX}whole", file.parent / "whole")

    def anew(shipper: Shipper) -> None:
        shipper.anew()
        for name in partitions:
            node.request("PUT", f"/{shipper.prefix}{name.removeprefix(limit.prefix)}")

    anew(limit)
    _fastest(node, batches)  # a node that just started is several times slower
    anew(limit)
    alone = _fastest(node, batches)
    say(f"the store alone: {events / alone:,.0f} documents/s")
    anew(whole)
    began = monotonic()
    told, rss = _watched(whole, "backfill", "eve", file, "--json")
    seconds = monotonic() - began
    say(f"the command: {events / seconds:,.0f} documents/s")
    if told["sums"]["delivered"] + told["sums"]["duplicate"] != events:
        raise SystemExit(f"not everything was stored: {told['sums']}")
    for shipper in (limit, whole):
        shipper.remove()
    return round(alone / seconds, 3), rss


def _watched(shipper: Shipper, *arguments: object) -> tuple[Any, float]:
    """What the command reports, and the most memory it had, in MB."""
    with TemporaryFile() as out:
        command = shipper.command(*arguments)
        process = subprocess.Popen(command, env=shipper.environment(), stdout=out)  # noqa: S603
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, memory(process.pid).peak)
            pause(0.05)
        out.seek(0)
        told = out.read()
    if process.returncode:
        raise SystemExit(f"exit {process.returncode}: {told[-500:]!r}")
    return json.loads(told), round(peak, 1)


def tail(node: OpenSearchNode, folder: Path, rate: int, seconds: int, outage_seconds: int) -> tuple[float, float]:
    """The seconds within which 99 of 100 lines of a followed file are found in the store; the command's peak in MB."""
    shipper = Shipper(node, f"{PREFIX}tail", folder / "tail")
    shipper.anew()
    log = EveLog(folder / "followed.json")
    log.write(1)
    waits: list[float] = []
    with Running(shipper, settings(folder, log.path)) as run:
        wait_for(lambda: shipper.count(DATASET) == 1, 120, run.last_words)
        with ThreadPoolExecutor(1) as pool:
            appended: list[tuple[float, int]] = []
            writing = pool.submit(_append, log, rate, seconds, appended)
            while not (writing.done() and len(waits) == len(appended)):
                there, now = shipper.count(DATASET), monotonic()
                if appended and now > appended[-1][0] + _LONGEST_WAIT:
                    raise SystemExit(f"{there} of {log.written} lines are there after {_LONGEST_WAIT} s")
                waits += [now - when for when, upto in appended[len(waits) :] if upto <= there]
                pause(0.02)
            writing.result()
        if outage_seconds:
            _outage(shipper, run, log, rate, outage_seconds)
        rss = memory(run.process.pid).peak
        run.stop()
    shipper.remove()
    say(f"{rate:,} lines a second for {seconds} s: median {median(waits):.2f} s, longest {max(waits):.2f} s")
    return round(quantiles(waits, n=100)[98], 2), round(rss, 1)


def _outage(shipper: Shipper, run: Running, log: EveLog, rate: int, seconds: int) -> None:
    """The store is gone while lines come, and then takes them all."""
    say(f"OpenSearch is killed; {memory(run.process.pid).peak:.0f} MB until now")
    shipper.node.kill()
    _append(log, rate, seconds // 10, [])
    _append(log, _APPENDS, seconds - seconds // 10, [])
    shipper.node.start()
    wait_for(lambda: shipper.count(DATASET) == log.written, _RECOVERY, run.last_words)
    say(f"all {log.written:,} lines are there; {memory(run.process.pid).peak:.0f} MB at most")


def _append(log: EveLog, rate: int, seconds: int, appended: list[tuple[float, int]]) -> None:
    """Twenty appends a second; of each when it was made and how many lines there are then."""
    begin = monotonic()
    for number in range(seconds * _APPENDS):
        pause(max(0.0, begin + number / _APPENDS - monotonic()))
        log.write(rate // _APPENDS)
        appended.append((monotonic(), log.written))


def _fastest(node: OpenSearchNode, batches: list[Batch]) -> float:
    """Seconds to store these documents, ready made."""
    bodies: list[bytes] = []
    waiting = iter(batches)
    while some := list(islice(waiting, max(1, BODY_BYTES // len(batches[0].body)))):
        bodies.append(b"".join(batch.body for batch in some))

    def send(body: bytes) -> None:
        status, answer = node.request("POST", "/_bulk?filter_path=errors", lines=body)
        if status != 200 or answer["errors"]:
            raise SystemExit(f"{status}: {str(answer)[:500]}")

    began = monotonic()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        list(pool.map(send, bodies))
    return monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
