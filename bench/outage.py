"""OpenSearch killed in the middle of a load and gone for minutes: memory meanwhile, recovery, what is stored.

    .venv/bin/python bench/outage.py --minutes 5

Standard output: a line of details, then a last line with `seconds_down, peak_rss_mb, recovered_after_seconds, expected,
found`. Exit 0 only if every record is stored once, the process never took more than 200 MB, and its memory did not grow
in the last quarter of the outage. Needs a node of its own: OPENSEARCH_URL is refused.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from _bench import PREFIX, lasting_node, opensearch, say, tell

from integration.command import Shipper
from integration.outage_load import FLAT_MB, MOST_MB, Outage, load_through_outage


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="A store that is gone for minutes.")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--records", type=int, default=300_000)
    options = parser.parse_args()
    if lasting_node():
        sys.exit("unset OPENSEARCH_URL: the node is killed here")
    with TemporaryDirectory(prefix="flowtap-outage-") as folder, opensearch() as node:
        shipper = Shipper(node, PREFIX, Path(folder) / "state")
        shipper("schema", "apply", "--yes")
        outage = load_through_outage(shipper, Path(folder), options.records, options.minutes * 60, say)
    return _tell(outage)


def _tell(outage: Outage) -> int:
    count = outage.count
    tell({"grown_mb": round(outage.grown_mb, 1), "duplicated": count.duplicated, "waiting_told": outage.waiting_told})
    tell(
        {
            "seconds_down": round(outage.seconds_down, 1),
            "peak_rss_mb": round(outage.peak_rss_mb, 1),
            "recovered_after_seconds": round(outage.recovered_after_seconds, 1),
            "expected": count.expected,
            "found": count.found,
        }
    )
    good = count.exact and outage.peak_rss_mb < MOST_MB and outage.grown_mb < FLAT_MB
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
