"""Flow-log objects for loads that are killed and cut off: numbered records, and how often each number is in the store.

In: how many records in how many objects. Out: files as AWS delivers them and as people keep them (named by AWS or not,
gzip or plain, tiny and of several chunks), over three months. A record's number is its interface id, its block of
10,000 numbers its account id: so millions can be counted exactly, across all partitions, one block a query.
"""

import gzip
import random
from dataclasses import dataclass
from pathlib import Path

from integration.command import Shipper
from integration.flow_log_files import BEGIN, HEADER, nonce

BLOCK = 10_000
PARTITIONS = 3
_MONTH_SECONDS = 31 * 86400
_KINDS = (
    "export-{:05}.log",
    "export-{:05}.log.gz",
    "123456789010_vpcflowlogs_eu-central-1_fl-0c5d19a3b7e2f4681_20260101T0000Z_{:08x}.log.gz",
    "123456789010_vpcflowlogs_eu-central-1_fl-0c5d19a3b7e2f4681_20260101T0005Z_{:08x}.log",
)


@dataclass(frozen=True, slots=True)
class Count:
    """What is in the store. `strangers`: documents that hold no number of ours."""

    expected: int
    found: int
    duplicated: int
    strangers: int

    @property
    def missing(self) -> int:
        return self.expected - self.found

    @property
    def exact(self) -> bool:
        """Each number once and nothing else."""
        return not (self.missing or self.duplicated or self.strangers)


def numbered_record(number: int) -> str:
    end = BEGIN + number % PARTITIONS * _MONTH_SECONDS + number % 86400 + 60
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return (
        f"2 {number // BLOCK:012} {nonce(number)} {address} 172.31.16.21 {1024 + number % 60000} 443 6"
        f" {1 + number % 9} {40 + number % 4209} {end - 60} {end} ACCEPT OK"
    )


def write_objects(folder: Path, records: int, objects: int, seed: int = 0) -> None:
    """Many small objects and few large ones, the four kinds in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(f"objects {seed}")  # noqa: S311  (sizes, not secrets)
    weights = [min(chance.paretovariate(1), 30) for _ in range(objects)]
    begin, weight = 0, 0.0
    for place, own in enumerate(weights):
        weight += own
        end = records if place == objects - 1 else int(records * weight / sum(weights))
        lines = (f"{numbered_record(number)}\n" for number in range(begin, end))
        text = f"{HEADER}\n{''.join(lines)}".encode()
        path = folder / _KINDS[place % len(_KINDS)].format(place)
        path.write_bytes(gzip.compress(text, 1, mtime=0) if path.suffix == ".gz" else text)
        begin = end


def count_numbers(shipper: Shipper, records: int) -> Count:
    """Ask the store for every number."""
    found = duplicated = documents = 0
    for block in range(-(-records // BLOCK)):
        ours = {nonce(number) for number in range(block * BLOCK, min((block + 1) * BLOCK, records))}
        copies = _copies(shipper, f"{block:012}")
        found += len(ours & copies.keys())
        duplicated += sum(copies[number] > 1 for number in ours & copies.keys())
        documents += sum(copies[number] for number in ours & copies.keys())
    return Count(records, found, duplicated, shipper.count() - documents)


def _copies(shipper: Shipper, account: str) -> dict[str, int]:
    # One page: more values than a block has.
    values = {"terms": {"field": "aws.vpcflow.interface_id"}}
    composite = {"size": 2 * BLOCK, "sources": [{"value": values}]}
    body = {
        "size": 0,
        "query": {"term": {"cloud.account.id": account}},
        "aggs": {"numbers": {"composite": composite}},
    }
    buckets = shipper.search(body)["aggregations"]["numbers"]["buckets"]
    return {bucket["key"]["value"]: bucket["doc_count"] for bucket in buckets}
