"""A short form of bench/soak.py, on every run: rotations, kills, and one restart of OpenSearch."""

from pathlib import Path

import pytest

from integration.containers import OpenSearchNode
from integration.soak_load import SoakLoad, SoakPlan

PREFIX = "flowtapsoak"


@pytest.mark.slow
def test_every_line_once_through_rotations_kills_and_a_restart(opensearch3: OpenSearchNode, tmp_path: Path) -> None:
    plan = SoakPlan(lines=20_000, rotations=8, kills=3, restarts=1, lines_a_second=2000, seconds=240)
    load = SoakLoad(opensearch3, PREFIX, tmp_path, plan, lambda _: None)
    count = load.run().count
    load.remove()
    assert (count.missing, count.duplicated, count.strangers) == (0, 0, 0)
