"""Objects through a queue and two workers that are killed, stalled and cut off; tiny objects; what workers cost.

    .venv/bin/python bench/s3.py                     # 2,000 objects, 2 M records, 30 kills; 100,000 tiny ones: an hour
    .venv/bin/python bench/s3.py --records 60000 --objects 120 --kills 4 --tiny 3000 --cpu-records 60000

Standard output: a line of details, then a last line with `objects, expected, found, missing, duplicated,
tiny_objects_per_second, cpu_spread`. The tiny ones hold --tiny-records records and are counted for each second of the
shipper's CPU time, to a real node. `cpu_spread`: CPU time for a million records with 1, 2 and 4 workers, the most
against the least, less 1. Exit 0 only if every record is there once and, with kills, some were sent twice.
moto's server stands for S3 and SQS, a static server for the tiny objects.
"""

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from _bench import PREFIX, lasting_node, opensearch, say, tell

from aws_server import CREDENTIALS
from integration import static_s3
from integration.command import Shipper
from integration.containers import OpenSearchNode
from integration.s3_lag import object_lags
from integration.s3_load import QueueLoad, QueuePlan, cpu_per_million

WORKERS = (1, 2, 4)


def main() -> int:
    """Run it; the exit code."""
    options = _options()
    if lasting_node():
        sys.exit("OpenSearch is restarted here: unset OPENSEARCH_URL")
    with ExitStack() as stack:
        made = Path(stack.enter_context(TemporaryDirectory(prefix="flowtap-s3-")))
        node = stack.enter_context(opensearch())
        folders = {name: made / name for name in ("tiny", "cpu", "lag", "load")}
        for folder in folders.values():
            folder.mkdir()
        tiny = tiny_objects(Shipper(node, PREFIX, folders["tiny"]), options.tiny, options.tiny_records)
        plan = QueuePlan(options.cpu_records, max(options.cpu_records // 1000, 8), 0, seed=options.seed)
        cpu = cpu_per_million(node, PREFIX, folders["cpu"], plan, WORKERS)
        say(f"CPU seconds for a million records by workers: {cpu}")
        lags = _lags(node, folders["lag"], options.lag_minutes)
        plan = QueuePlan(
            options.records, options.objects, options.kills, options.stalls, options.restarts,
            seed=options.seed, seconds=options.minutes * 60,
        )  # fmt: skip
        load = QueueLoad(node, PREFIX, folders["load"], plan, say)
        outcome = load.run()
        load.remove()
    count = outcome.count
    tell(
        {
            "kills": outcome.kills, "stalls": plan.stalls, "restarts": plan.restarts,
            "redelivered": outcome.redelivered, "strangers": count.strangers,
            "cpu_seconds_per_million": {each: round(seconds, 2) for each, seconds in cpu.items()},
        } | lags
    )  # fmt: skip
    tell(
        {
            "objects": plan.objects,
            "expected": count.expected,
            "found": count.found,
            "missing": count.missing,
            "duplicated": count.duplicated,
            "tiny_objects_per_second": round(tiny),
            "cpu_spread": round(max(cpu.values()) / min(cpu.values()) - 1, 3),
        }
    )
    if plan.kills and not outcome.redelivered:
        sys.stderr.write("no record was sent twice: nothing was tested\n")
        return 1
    return 0 if count.exact else 1


def tiny_objects(shipper: Shipper, objects: int, records: int) -> float:
    """Objects for each second of the command's CPU time, its start included."""
    shipper.anew()
    with static_s3.static_s3(objects, records) as url:
        begin = monotonic()
        source = f"s3://{static_s3.BUCKET}/{static_s3.PREFIX}"
        process = subprocess.Popen(  # noqa: S603
            shipper.command("backfill", "flowlogs", source, "--endpoint-url", url, "--json"),
            env=shipper.environment() | CREDENTIALS, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None  # noqa: S101
        told = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    delivered = told["sums"]["delivered"]
    if process.returncode or delivered != objects * records or shipper.count() != delivered:
        raise SystemExit(f"exit {process.returncode}: {told['sums']}, {shipper.count()} stored")
    shipper.remove()
    cpu = used.ru_utime + used.ru_stime
    say(f"{objects:,} tiny objects: {objects / cpu:,.0f} a CPU second, {objects / (monotonic() - begin):,.0f} a second")
    return objects / cpu


def _lags(node: OpenSearchNode, folder: Path, minutes: float) -> dict[str, object]:
    if not minutes:
        return {}
    found = sorted(object_lags(node, PREFIX, folder, minutes))
    return {
        "lag_seconds_half": round(found[len(found) // 2], 2),
        "lag_seconds_most": round(found[-1], 2),
        "lag_objects": len(found),
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Objects through a queue and through everything, and what is stored.")
    parser.add_argument("--records", type=int, default=2_000_000)
    parser.add_argument("--objects", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--stalls", type=int, default=3, help="workers stopped for longer than messages are hidden")
    parser.add_argument("--restarts", type=int, default=1, help="of OpenSearch [default: 1]")
    parser.add_argument("--tiny", type=int, default=100_000, help="tiny objects [default: 100000]")
    parser.add_argument("--tiny-records", type=int, default=1, help="records in each of them [default: 1]")
    parser.add_argument("--cpu-records", type=int, default=400_000, help="for the CPU time by workers")
    parser.add_argument("--lag-minutes", type=float, default=2.0, help="of 50 objects each; 0: leave it out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=90.0, help="give up after this [default: 90]")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
