"""A short form of bench/soak.py, on every run: rotations and kills. Restarts of OpenSearch take minutes there."""

from pathlib import Path

import pytest

from integration.containers import OpenSearchNode
from integration.soak_load import SoakLoad, SoakPlan

PREFIX = "flowtapsoak"


@pytest.mark.slow
def test_every_line_once_through_rotations_and_kills(opensearch3: OpenSearchNode, tmp_path: Path) -> None:
    plan = SoakPlan(lines=20_000, rotations=8, kills=3, restarts=0, lines_a_second=2000, seconds=200)
    load = SoakLoad(opensearch3, PREFIX, tmp_path, plan, lambda _: None)
    count = load.run().count
    load.remove()
    assert (count.missing, count.duplicated, count.strangers) == (0, 0, 0)
