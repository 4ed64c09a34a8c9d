"""The fault race: 20,000 flow records or Suricata events through every fault at once into a real OpenSearch.

    .venv/bin/python bench/fault_race.py [--kind eve]

A tenth of the documents gets an item-level 429 twice, every 7th request a whole 429 (circuit breaker), every 9th reply
is lost after the request was applied; one record in a thousand cannot be stored: the store itself refuses it, because
a value (account id, name that was asked for) does not fit a partition whose mapping somebody changed. Requests hold
about 1,000 documents, as those of the tools that were measured with the same faults.

Standard output: a line of details, then a last line with `storable, stored, duplicated, dead_letters,
resends_per_document`: documents that the store got again, for each storable one. Exit 0 only if everything storable is
stored once, everything refused is a dead letter with its reason, the command's report adds up, and at most 0.2
documents were sent again for each.
"""

import argparse
import base64
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from _bench import PREFIX, opensearch, say, tell

from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.eve_log import event
from integration.fault_proxy import BREAKER, BUSY, LOST, FaultProxy, ItemError, Sent, any_of, every, first
from integration.flow_log_files import HEADER, nonce
from integration.numbered_objects import numbered_record

REFUSED_ONE_IN = 1000
MOST_RESENDS = 0.2


@dataclass(frozen=True, slots=True)
class Kind:
    """What is sent. `partitions` begin with a mapping in which `changed` is a long; `number` is where a document has
    its number, `lines` the file's: all numbered, some with text in `changed`. `number_in`: the number of a line.
    """

    name: str
    dataset: str
    partitions: Sequence[str]
    changed: str
    number: str
    lines: Callable[[int, set[int]], Iterator[bytes]]
    number_of: Callable[[int], str]
    number_in: Callable[[bytes], str]

    def mapping(self) -> dict[str, Any]:
        """What a partition is made with."""
        inner: dict[str, Any] = {"type": "long"}
        for step in reversed(self.changed.split(".")):
            inner = {"properties": {step: inner}}
        return {"settings": {"index.mapping.ignore_malformed": False}, "mappings": inner}


def _flow_logs(records: int, refused: set[int]) -> Iterator[bytes]:
    yield f"{HEADER}\n".encode()
    for number in range(records):
        cells = numbered_record(number).split(" ")
        cells[1] = "unknown" if number in refused else cells[1]  # as AWS writes where it does not know the account
        yield f"{' '.join(cells)}\n".encode()


def _events(records: int, refused: set[int]) -> Iterator[bytes]:
    for number in range(records):
        told = orjson.loads(event(number))
        told["dns"]["rrname"] = "name.example" if number in refused else str(number)
        yield orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "flowlogs", "aws.vpcflow", ("2026.01", "2026.02", "2026.03"), "cloud.account.id",
            "aws.vpcflow.interface_id", _flow_logs, nonce, lambda raw: raw.split()[2].decode(),
        ),
        Kind(
            "eve", "suricata.dns", ("2026.01",), "dns.question.name", "suricata.eve.flow_id", _events, str,
            lambda raw: str(orjson.loads(raw)["flow_id"]),
        ),
    )
}  # fmt: skip


class ArrivalCounter:
    """An item plan that counts what gets through to the store, by id."""

    def __init__(self, seed: int) -> None:
        self.arrived: Counter[str] = Counter()
        self._plan = first(2, BUSY, 0.1, seed)

    def __call__(self, sent: Sent, given: int) -> ItemError | None:
        """Called by the proxy, one at a time."""
        answer = self._plan(sent, given)
        if answer is None:
            self.arrived[sent.id] += 1
        return answer


@dataclass(frozen=True, slots=True)
class Race:
    """What came of it. `copies`: by number; `letters`: dead letters; `told`: the command's own report."""

    kind: Kind
    storable: set[str]
    refused: set[str]
    copies: dict[str, int]
    letters: list[dict[str, Any]]
    told: dict[str, Any]
    arrived: Counter[str]
    faults: Counter[str]
    sent_again: int

    def result(self) -> dict[str, object]:
        """The last line."""
        stored = self.storable & self.copies.keys()
        dead = {letter["id"] for letter in self.letters}
        again = sum(count - 1 for name, count in self.arrived.items() if name not in dead)
        return {
            "storable": len(self.storable),
            "stored": len(stored),
            "duplicated": sum(count > 1 for count in self.copies.values()),
            "dead_letters": len(self.letters),
            "resends_per_document": round(again / len(self.storable), 4),
        }

    def complaints(self) -> Iterator[str]:
        """Everything that is not as it should be."""
        sums, result = self.told["sums"], self.result()
        if self.copies != dict.fromkeys(self.storable, 1):
            yield "what is stored is not exactly what is storable, once each"
        dead = [self.kind.number_in(base64.b64decode(letter["raw"])) for letter in self.letters]
        if sorted(dead) != sorted(self.refused):
            yield "the dead letters are not exactly the records that were refused"
        if not all("mapper_parsing_exception" in letter["reason"] for letter in self.letters):
            yield "a dead letter lacks OpenSearch's reason"
        if sums["read"] != sums["accounted"]:
            yield f"the report does not add up: {sums}"
        if (sums["delivered"] + sums["duplicate"], sums["dead_lettered"]) != (len(self.storable), len(self.refused)):
            yield f"the report says something else than the store: {sums}"
        if self.told["resent_documents"] != self.sent_again:
            yield f"the report says {self.told['resent_documents']} re-sends, {self.sent_again} arrived"
        if float(str(result["resends_per_document"])) > MOST_RESENDS:
            yield f"more than {MOST_RESENDS} documents sent again for each"


def main() -> int:
    """Run it; the exit code."""
    options = _options()
    with TemporaryDirectory(prefix="flowtap-race-") as folder, opensearch() as node:
        race = _run(node, Path(folder), options)
    tell({"seconds": race.told["seconds"], "sums": race.told["sums"], "re-sends of any kind": race.sent_again,
          "faults": race.faults})  # fmt: skip
    tell(race.result())
    complaints = list(race.complaints())
    for complaint in complaints:
        say(complaint)
    return 1 if complaints else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Every fault at once, and what is stored then.")
    parser.add_argument("--kind", choices=KINDS, default="flowlogs")
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--body-bytes", type=int, default=560_000, help="about 1,000 documents [default: 560000]")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _run(node: OpenSearchNode, folder: Path, options: argparse.Namespace) -> Race:
    direct = Shipper(node, PREFIX, folder / "state")
    direct.anew()
    log = folder / "records.log"
    kind = KINDS[options.kind]
    storable, refused = _write(log, options.records, kind)
    for partition in kind.partitions:
        status, answer = node.request("PUT", f"/{PREFIX}-{kind.dataset}-{partition}", kind.mapping())
        if status != 200:
            raise SystemExit(f"{status}: {answer}")
    items = ArrivalCounter(options.seed)
    faults = any_of(every(7, BREAKER), every(9, LOST))
    with FaultProxy(node.url, faults, items=items, ca_file=node.ca_file) as proxy:
        shipper = replace(direct, node=replace(node, url=proxy.url, ca_file=None))
        say(f"{options.records:,} records through {proxy.url}")
        body = f"opensearch.body_bytes={options.body_bytes}"
        told = shipper("--set", body, "backfill", kind.name, log, "--json", code=5).json
    letters = direct("deadletter", "list", "--json", "--limit", options.records).json
    copies = direct.copies(kind.number, kind.dataset)
    direct.remove()
    return Race(kind, storable, refused, copies, letters, told, items.arrived, proxy.done, proxy.resends)


def _write(path: Path, records: int, kind: Kind) -> tuple[set[str], set[str]]:
    """One file; gives the storable and the refused numbers."""
    refused = set(range(REFUSED_ONE_IN // 2, records, REFUSED_ONE_IN))
    path.write_bytes(b"".join(kind.lines(records, refused)))
    numbers = {kind.number_of(number) for number in range(records)}
    dead = {kind.number_of(number) for number in refused}
    return numbers - dead, dead


if __name__ == "__main__":
    raise SystemExit(main())
