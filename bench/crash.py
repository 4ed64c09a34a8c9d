"""Kills at random moments of a load whose requests fail, then every record counted in the store.

    .venv/bin/python bench/crash.py                                # 5 M records, 240 objects, 60 kills: half an hour
    .venv/bin/python bench/crash.py --records 300000 --kills 50    # minutes

Standard output: a line of details, then a last line with `kills, faults, expected, found, missing, duplicated,
redelivered`. Exit 0 only if every record is there once and some were sent twice: else nothing was tested.
With OPENSEARCH_URL and --folder a run that was ended goes on when it is started again.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from _bench import PREFIX, lasting_node, opensearch, say, tell

from integration.crash_load import CrashFailed, CrashLoad, CrashPlan, Outcome

# Decoding, storing and the proxy share the cores of one machine; two workers do part of the work twice.
RECORDS_A_SECOND = (1500, 4000)


def main() -> int:
    """Run it; the exit code."""
    options = _options()
    plan = CrashPlan(options.records, options.objects, options.kills, options.seed, seconds=options.minutes * 60)
    if options.folder and not lasting_node():
        sys.exit("--folder goes on where it was, and needs a node that lasts: OPENSEARCH_URL")
    slow, fast = (plan.records / rate / 60 + plan.kills * 2 / 60 for rate in RECORDS_A_SECOND)
    say(f"{plan.records:,} records, {plan.objects} objects, {plan.kills} kills")
    say(f"expect {fast:.0f} to {slow:.0f} minutes on 2 cores")
    with TemporaryDirectory(prefix="flowtap-crash-") as made, opensearch() as node:
        load = CrashLoad(node, PREFIX, options.folder or Path(made), plan, say)
        try:
            outcome = load.run()
        except CrashFailed as failed:
            sys.stderr.write(f"{failed}\n")
            return 1
        load.remove()
    return _tell(outcome)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A load that is killed again and again, and what is stored then.")
    parser.add_argument("--records", type=int, default=5_000_000)
    parser.add_argument("--objects", type=int, default=240)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=180.0, help="give up after this [default: 180]")
    parser.add_argument("--folder", type=Path, help="keep input, state and progress here, and go on from there")
    return parser.parse_args()


def _tell(outcome: Outcome) -> int:
    tell({"partitions": outcome.partitions, "strangers": outcome.count.strangers, "faults": outcome.faults})
    tell(outcome.as_json())
    if not outcome.redelivered:
        sys.stderr.write("no document was sent twice: nothing was tested\n")
        return 1
    return 0 if outcome.count.exact else 1


if __name__ == "__main__":
    raise SystemExit(main())
