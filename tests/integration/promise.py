"""The promise as an assertion: what must be true of the store, the dead letters and the sums after any run."""

from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import Popen
from typing import Any

from integration.command import Shipper
from integration.containers import PATIENCE_SECONDS, wait_for
from integration.fault_proxy import FaultProxy

SMALL_BODIES = "opensearch.body_bytes=65536"
"""Many requests from few records."""

RECORDS = 1500
"""In the files of the fixture `nonces`."""

NONCE = "aws.vpcflow.interface_id"


def through(shipper: Shipper, proxy: FaultProxy) -> Shipper:
    """The same command, talking to the proxy."""
    return replace(shipper, node=replace(shipper.node, url=proxy.url, ca_file=None))


def backfill(*sources: object, settings: Sequence[str] = (SMALL_BODIES,), options: Sequence[str] = ()) -> list[object]:
    """The arguments of a load that tells its sums as JSON."""
    given = [part for setting in settings for part in ("--set", setting)]
    return [*given, "backfill", "flowlogs", *sources, "--json", *options]


def assert_kept(
    shipper: Shipper, nonces: Collection[str], *runs: Mapping[str, Any], dead: Collection[str] = ()
) -> dict[str, int]:
    """Everything storable is stored once, the rest are dead letters with reasons, all sums add up.

    `runs`: what each run told; together they account for every record once or more. Gives their sums together.
    """
    assert shipper.copies(NONCE) == dict.fromkeys(set(nonces) - set(dead), 1)
    assert dead_letters(shipper) == set(dead)
    together: dict[str, int] = {}
    for told in runs:
        sums = told["sums"]
        assert sums["read"] == sums["accounted"], told
        for name, count in sums.items():
            together[name] = together.get(name, 0) + count
            if name != "accounted":
                assert count == sum(each[name] for each in told["sources"].values()), (name, told)
    if runs:
        settled = together["delivered"] + together["duplicate"] + together["dead_lettered"]
        assert settled == len(nonces), together
        assert together["dead_lettered"] == len(dead), together
    return together


def dead_letters(shipper: Shipper) -> set[str]:
    """The nonces of all dead letters, each there once and with a reason."""
    letters = shipper("deadletter", "list", "--json", "--limit", 100_000).json
    found = [b64decode(letter["raw"]).split()[2].decode() for letter in letters]
    assert len(set(found)) == len(found)
    assert all(letter["reason"] for letter in letters)
    return set(found)


@contextmanager
def running(shipper: Shipper, told: Path, *arguments: object) -> Iterator[Popen[str]]:
    """A run whose standard error goes to `told`, where it can be read meanwhile. Killed if it is left running."""
    with told.open("w") as stderr:
        run = shipper.start(*arguments, stderr=stderr.fileno())
        try:
            yield run
        finally:
            if run.poll() is None:
                run.kill()
            run.communicate()


def wait_told(run: Popen[str], told: Path, *words: str, seconds: float = PATIENCE_SECONDS) -> str:
    """Returns the first line on standard error that holds all these words."""

    def lines() -> list[str]:
        return [line for line in told.read_text().splitlines() if all(word in line for word in words)]

    wait_for(lambda: bool(lines()) or run.poll() is not None, seconds, lambda: f"not told {words}: {told.read_text()}")
    assert lines(), f"ended ({run.returncode}) without telling {words}: {told.read_text()}"
    return lines()[0]
