"""The short form of bench/s3.py: workers killed and stalled, messages told twice, tiny objects."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_server import CREDENTIALS
from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.s3_lag import object_lags
from integration.s3_load import QueueLoad, QueuePlan
from integration.static_s3 import BUCKET, PREFIX, static_s3


@pytest.fixture
def prefix(opensearch3: OpenSearchNode, tmp_path: Path) -> Iterator[str]:
    name = f"flowtapo{os.getpid()}"
    yield name
    Shipper(opensearch3, name, tmp_path).remove()


def test_kills_stalls_and_messages_told_twice_lose_nothing_and_double_nothing(
    opensearch3: OpenSearchNode, prefix: str, tmp_path: Path
) -> None:
    """Without a restart of OpenSearch, which takes minutes on a busy machine."""
    said: list[str] = []
    plan = QueuePlan(records=30_000, objects=60, kills=4, stalls=1, restarts=0, seed=3, seconds=450)
    outcome = QueueLoad(opensearch3, prefix, tmp_path, plan, said.append).run()
    assert outcome.count.exact, (outcome, said)
    assert outcome.kills == 4
    assert outcome.redelivered, "nothing was sent again: nothing was tested"


def test_s8_tiny_objects_go_together_and_are_each_loaded_once(
    opensearch3: OpenSearchNode, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    objects = 1500
    shipper = Shipper(opensearch3, prefix, tmp_path / "state")
    shipper.anew()
    with static_s3(objects, 2) as url:
        load = ("backfill", "flowlogs", f"s3://{BUCKET}/{PREFIX}", "--endpoint-url", url, "--json")
        told = shipper(*load).json
        again = shipper(*load).json
    assert told["sums"]["delivered"] == 2 * objects == shipper.count()
    assert (again["inputs_unchanged"], again["sums"]["read"]) == (objects, 0)
    _, stats = opensearch3.request("GET", f"/{prefix}-aws.vpcflow-*/_stats/indexing")
    assert stats["_all"]["total"]["indexing"]["index_failed"] == 0


def test_new_objects_are_searchable_soon(opensearch3: OpenSearchNode, prefix: str, tmp_path: Path) -> None:
    """How soon is for bench/s3.py: a busy machine proves nothing."""
    lags = object_lags(opensearch3, prefix, tmp_path, minutes=0.1, a_minute=60)
    assert len(lags) == 6
    assert all(lag >= 0 for lag in lags)
