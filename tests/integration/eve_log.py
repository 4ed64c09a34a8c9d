"""A sensor's log for tests: numbered events written and rotated by every method, and how often each is in the store."""

import gzip
import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from integration.command import Shipper
from integration.numbered_objects import BLOCK, Count

DATASET = "suricata.dns"
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int) -> bytes:
    """One DNS event; its number is its flow id, its block of numbers the name that is asked for."""
    at = (_BEGIN + timedelta(milliseconds=number)).isoformat(timespec="microseconds").replace("+00:00", "+0000")
    return (
        f'{{"timestamp":"{at}","flow_id":{number},"event_type":"dns","proto":"UDP",'
        f'"src_ip":"10.0.{number >> 8 & 255}.{number & 255}","src_port":{1024 + number % 60000},'
        f'"dest_ip":"10.0.0.53","dest_port":53,"dns":{{"type":"query","id":{number & 65535},'
        f'"rrname":"block-{number // BLOCK}.example","rrtype":"A","tx_id":0}}}}\n'
    ).encode()


@dataclass
class EveLog:
    """Writes and rotates; `path` is what is followed. No line falls between a copy and its truncation: one writes."""

    path: Path
    written: int = 0
    rotations: int = 0
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311  (moments, not secrets)

    def write(self, lines: int) -> None:
        """Append, now and then with half a line first, as buffered writers do."""
        block = b"".join(event(number) for number in range(self.written, self.written + lines))
        cut = self.dice.randrange(len(block)) if block else 0
        with self.path.open("ab", buffering=0) as file:
            for part in (block[:cut], block[cut:]):
                file.write(part)
        self.written += lines

    def rotate(self, method: "Callable[[EveLog], None] | None" = None) -> None:
        """By this method, or any."""
        self.rotations += 1
        (method or self.dice.choice(METHODS))(self)

    def rotated(self, suffix: str = "") -> Path:
        return self.path.with_name(f"{self.path.name}.{self.rotations}{suffix}")


def renamed(log: EveLog) -> None:
    log.path.rename(log.rotated())
    log.path.touch()


def copied_and_truncated(log: EveLog) -> None:
    shutil.copyfile(log.path, log.rotated())
    os.truncate(log.path, 0)


def renamed_and_compressed(log: EveLog) -> None:
    """As gzip(1) does: written beside the file, which then goes."""
    renamed(log)
    with log.rotated().open("rb") as plain, gzip.open(log.rotated(".gz"), "wb", 1) as packed:
        shutil.copyfileobj(plain, packed)
    shutil.copystat(log.rotated(), log.rotated(".gz"))
    log.rotated().unlink()


def renamed_by_date(log: EveLog) -> None:
    log.path.rename(log.path.with_name(f"eve-2026{log.rotations:04}.json"))
    log.path.touch()


METHODS: Sequence[Callable[[EveLog], None]] = (renamed, copied_and_truncated, renamed_and_compressed, renamed_by_date)


def settings(folder: Path, log: Path, **more: object) -> Path:
    """A settings file with one input."""
    path = folder / "shipper.toml"
    extra = "".join(f"{name} = {value}\n" for name, value in more.items())
    path.write_text(f'[inputs.eve]\ntype = "eve"\npaths = ["{log}"]\n{extra}')
    return path


def count_events(shipper: Shipper, events: int) -> Count:
    """Ask the store for every number, a block a query."""
    found = duplicated = documents = 0
    for block in range(-(-events // BLOCK)):
        ours = {str(number) for number in range(block * BLOCK, min((block + 1) * BLOCK, events))}
        values = {"terms": {"field": "suricata.eve.flow_id"}}
        body = {
            "size": 0,
            "query": {"term": {"dns.question.name": f"block-{block}.example"}},
            "aggs": {"numbers": {"composite": {"size": 2 * BLOCK, "sources": [{"value": values}]}}},
        }
        buckets = shipper.search(body, DATASET)["aggregations"]["numbers"]["buckets"]
        copies = {bucket["key"]["value"]: bucket["doc_count"] for bucket in buckets}
        found += len(ours & copies.keys())
        duplicated += sum(copies[number] > 1 for number in ours & copies.keys())
        documents += sum(copies[number] for number in ours & copies.keys())
    return Count(events, found, duplicated, shipper.count(DATASET) - documents)
