"""OpenSearch gone for half a minute: memory stays flat, the load goes on by itself. Minutes: bench/outage.py."""

import os
from collections.abc import Iterator

import pytest

from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.outage_load import FLAT_MB, MOST_MB, Outage, load_through_outage

SECONDS = 25
# A node that starts twice on a busy machine.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def outage(opensearch3: OpenSearchNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outage]:
    folder = tmp_path_factory.mktemp("outage")
    with Shipper(opensearch3, f"flowtapo{os.getpid()}", folder / "state").with_schema() as shipper:
        yield load_through_outage(shipper, folder, 120_000, SECONDS)


def test_a_load_waits_for_a_store_that_is_gone_and_then_stores_everything_once(outage: Outage) -> None:
    assert outage.count.exact, outage
    assert outage.seconds_down > SECONDS
    assert outage.waiting_told, "nobody was told what it waits for"


def test_memory_does_not_grow_while_it_waits(outage: Outage) -> None:
    assert outage.grown_mb < FLAT_MB, outage


def test_memory_stays_below_its_bound(outage: Outage) -> None:
    assert outage.peak_rss_mb < MOST_MB, outage
