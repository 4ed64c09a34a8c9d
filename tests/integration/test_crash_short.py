"""The short form of bench/crash.py: kills at random moments, two workers, failing requests."""

import os
from pathlib import Path

from integration.containers import OpenSearchNode
from integration.crash_load import CrashLoad, CrashPlan


def test_kills_faults_and_a_second_worker_lose_nothing_and_double_nothing(
    opensearch3: OpenSearchNode, tmp_path: Path
) -> None:
    said: list[str] = []
    plan = CrashPlan(records=40_000, objects=24, kills=6, seed=4, paired_share=0.5, seconds=450)
    load = CrashLoad(opensearch3, f"flowtapk{os.getpid()}", tmp_path, plan, said.append)
    try:
        outcome = load.run()
    finally:
        load.remove()
    assert outcome.count.exact, (outcome, said)
    assert outcome.kills == 6
    assert outcome.partitions == 3
    assert outcome.faults, "no request failed"
    assert outcome.redelivered, "nothing was sent again: nothing was tested"
