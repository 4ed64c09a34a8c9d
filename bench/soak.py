"""A log followed through rotations, kills of the shipper and restarts of OpenSearch, then every line counted.

    .venv/bin/python bench/soak.py        # 2 M lines, 60 rotations, 30 kills, 10 restarts: a quarter of an hour
    .venv/bin/python bench/soak.py --lines 100000 --kills 5 --restarts 1

Standard output: a line of details, then a last line with `lines, found, missing, duplicated, redelivered`
(the last since OpenSearch was restarted for the last time). Exit 0 only if every line is there once and, with kills,
some were sent twice: else nothing was tested.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from _bench import PREFIX, lasting_node, opensearch, say, tell

from integration.soak_load import SoakLoad, SoakPlan


def main() -> int:
    """Run it; the exit code."""
    options = _options()
    if lasting_node():
        sys.exit("OpenSearch is restarted here: unset OPENSEARCH_URL")
    plan = SoakPlan(
        options.lines,
        options.rotations,
        options.kills,
        options.restarts,
        options.rate,
        options.seed,
        seconds=options.minutes * 60,
    )
    say(f"{plan.lines:,} lines, {plan.rotations} rotations, {plan.kills} kills, {plan.restarts} restarts of OpenSearch")
    with TemporaryDirectory(prefix="flowtap-soak-") as made, opensearch() as node:
        load = SoakLoad(node, PREFIX, Path(made), plan, say)
        outcome = load.run()
        load.remove()
    tell({"rotations": plan.rotations, "kills": plan.kills, "restarts": plan.restarts, "seed": plan.seed})
    tell(outcome.as_json())
    if plan.kills and not outcome.redelivered:
        sys.stderr.write("no line was sent twice: nothing was tested\n")
        return 1
    return 0 if outcome.count.exact else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A log that is followed through everything, and what is stored then.")
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--rotations", type=int, default=60)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--restarts", type=int, default=10)
    parser.add_argument("--rate", type=int, default=4000, help="lines written a second [default: 4000]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=90.0, help="give up after this [default: 90]")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
