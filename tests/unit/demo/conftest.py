"""One small day, told once, and its lines read back as a stranger would read them."""

import gzip
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

# The demo is no part of the distribution. Last on the path, so that the root's folders hide no installed package.
sys.path.append(str(Path(__file__).parents[3]))

from demo.delivery import DeliveredObject, Request, story, tell
from demo.truth import Story

END = 1795255900  # 2026-11-21T10:11:40Z


@dataclass(frozen=True)
class Day:
    request: Request
    objects: Sequence[DeliveredObject]
    story: Story
    records: Sequence[dict[str, str]]


def read(delivered: DeliveredObject) -> list[dict[str, str]]:
    header, *lines = gzip.decompress(delivered.body).decode("ascii").splitlines()
    names = header.split(" ")
    flow_log_id = delivered.key.split("_")[3]
    return [{"flow-log": flow_log_id, **dict(zip(names, line.split(" "), strict=True))} for line in lines]


@pytest.fixture(scope="session")
def day() -> Day:
    request = Request(END, records=9_000)
    delivery = tell(request)
    objects = list(delivery.objects())
    records = [record for delivered in objects for record in read(delivered)]
    return Day(request, objects, story(request, delivery, len(objects)), records)
