"""Ready-made questions over a million records of both ends: every answer against SQL over the same raw records.

    .venv/bin/python bench/query.py                        # a million records
    .venv/bin/python bench/query.py --conversations 20000  # short

Standard output: a line of details (seconds for each question), then a last line with `records, questions, equal,
slowest_seconds`. Exit code 1 where an answer differs.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from _bench import PREFIX, opensearch, say, tell

from flow_log_world import END, LAST_DAY, world
from integration.command import Shipper
from integration.query_oracle import Oracle, agree
from shipper.views.queries import names

ALL = 1000
LOAD_SECONDS = 1800


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="Ready-made questions against SQL.")
    parser.add_argument("--conversations", type=int, default=410_000, help="some 2.6 records each [default: 410000]")
    conversations = parser.parse_args().conversations
    with TemporaryDirectory(prefix="flowtap-query-") as made, opensearch() as node:
        folder = Path(made)
        log, eve = folder / "flow.log", folder / "eve.json"
        lines, events = world(conversations)
        with log.open("w") as file:
            file.writelines(f"{line}\n" for line in lines)
        eve.write_text("".join(f"{event}\n" for event in events))
        with Shipper(node, PREFIX, folder / "state", LOAD_SECONDS).with_schema() as shipper:
            records = shipper("backfill", "flowlogs", log, "--json").json["sums"]["delivered"]
            shipper("backfill", "eve", eve, "--json")
            for dataset in ("aws.vpcflow", "suricata.*"):
                shipper.search({"size": 0}, dataset)  # all of it is searchable
            say(f"{records:,} records, {len(events):,} events")
            oracle = Oracle(log, eve)
            told = {name: _ask(shipper, oracle, name) for name in names()}
    tell(
        {
            "records": records,
            "questions": len(told),
            "equal": sum(equal for equal, _ in told.values()),
            "slowest_seconds": round(max(seconds for _, seconds in told.values()), 2),
        }
    )
    return 0 if all(equal for equal, _ in told.values()) else 1


def _ask(shipper: Shipper, oracle: Oracle, name: str) -> tuple[bool, float]:
    """Whether the answer is SQL's, and the seconds it took, the command's start included."""
    begin = monotonic()
    arguments = ("--since", LAST_DAY.isoformat(), "--until", END.isoformat(), "--limit", str(ALL))
    found = [tuple(row.values()) for row in shipper("query", name, "--json", *arguments).json]
    seconds = monotonic() - begin
    equal = agree(name, found, oracle.rows(name, LAST_DAY, END, ALL), ALL)
    say(f"{name}: {len(found)} rows in {seconds:.2f} s, {'equal' if equal else 'DIFFERENT'}")
    return equal, seconds


if __name__ == "__main__":
    raise SystemExit(main())
