"""How right `trace` joins: every connection of a made world traced, against what is known to be of it.

    .venv/bin/python bench/join.py                # 2,000 connections
    .venv/bin/python bench/join.py --scenes 10    # short

Two VPCs with equal addresses, a peered third, reused ports, NAT with pkt-*, pods, both ends recorded and mirrored, a
second flow log, refused and unanswered traffic, IPv6, ICMP. Standard output ends with a line with `connections,
precision, recall`. Exit code 1 where one of them is not 1.0.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from _bench import PREFIX, opensearch, say, tell

from integration.command import Shipper
from integration.trace_truth import judge, load
from trace_world import world


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="trace against what is known.")
    parser.add_argument("--scenes", type=int, default=100, help="some 20 connections each [default: 100]")
    parser.add_argument("--seed", type=int, default=5, help="another seed, another world [default: 5]")
    given = parser.parse_args()
    made = world(given.scenes, given.seed)
    with (
        TemporaryDirectory(prefix="flowtap-join-") as folder,
        opensearch() as node,
        Shipper(node, PREFIX, Path(folder) / "state").with_schema() as shipper,
    ):
        load(shipper, made, Path(folder))
        say(f"{len(made.records) + len(made.plain_records) - 2:,} records, {len(made.events):,} events")
        judged = judge(shipper, made, given.seed)
    for line in judged.wrong[:20]:
        say(line)
    tell(
        {
            "connections": judged.connections,
            "documents": judged.wanted,
            "precision": judged.precision,
            "recall": judged.recall,
        }
    )
    return 0 if judged.precision == judged.recall == 1.0 else 1


if __name__ == "__main__":
    raise SystemExit(main())
