"""What all benches share: the node to run against, progress on standard error, the last line on standard output."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

import _path  # noqa: F401  (must come before integration)

from integration.containers import NotAvailable, OpenSearchNode, plain_node, remove_leftovers, running_node

PREFIX = "benchflow"
"""Not `flowtap`: with OPENSEARCH_URL, somebody's records must not be met."""

_STARTED = monotonic()


def lasting_node() -> bool:
    """Whether the node of OPENSEARCH_URL is used."""
    return bool(os.environ.get("OPENSEARCH_URL"))  # noqa: TID251  (the address of a service for benches)


@contextmanager
def opensearch() -> Iterator[OpenSearchNode]:
    """The node of OPENSEARCH_URL, else one in a container for this run. Ends the program where there is none."""
    try:
        if not lasting_node():
            remove_leftovers()
        with running_node() if lasting_node() else plain_node() as node:
            yield node
    except NotAvailable as missing:
        sys.exit(f"{missing}\nor set OPENSEARCH_URL")


def say(text: str) -> None:
    """One line of progress."""
    sys.stderr.write(f"{monotonic() - _STARTED:7.1f} s  {text}\n")


def tell(result: Mapping[str, object]) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
