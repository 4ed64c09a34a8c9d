"""Captures through a Suricata beside us, over a shared folder: the same events as of one that is run for each."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration.command import Shipper
from integration.containers import DOCKER, LABEL, OpenSearchNode, wait_for
from integration.sensors import docker
from integration.suricata_runs import PCAPS

NAMES = ("bug-3616-smtp.pcap", "ftp-epsv.pcap")
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Beside(Shipper):
    """`shipper` that shares this folder with a Suricata; without one it runs its own."""

    shared: Path | None = None

    def environment(self) -> dict[str, str]:
        told = {"SHIPPER_SURICATA__DIRECTORY": str(self.state.with_name("no-sensor"))}
        # (super() needs the class itself, which `slots` makes anew)
        return (
            Shipper.environment(self) | told | ({"SHIPPER_SURICATA__SIDECAR": str(self.shared)} if self.shared else {})
        )


@pytest.fixture
def sidecar(suricata_image: str, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A container with nothing but the folder, as compose.yaml has it."""
    (shared := tmp_path / "shared").mkdir()
    script = DOCKER / "suricata/pcaps.sh"
    container = docker(
        "run", "--detach", "--label", f"{LABEL}={os.getpid()}", "--network", "none", "--cap-drop", "ALL", "--read-only",
        "--security-opt", "no-new-privileges:true", "--user", f"{os.getuid()}:{os.getgid()}",
        "--volume", f"{shared}:{shared}", "--env", f"SURICATA_SHARED={shared}", "--volume", f"{script}:/pcaps.sh:ro",
        "--entrypoint", "bash", suricata_image, "/pcaps.sh",
    ).strip()  # fmt: skip
    try:
        wait_for((shared / "wanted").is_fifo, PATIENCE_SECONDS, lambda: docker("logs", container))
        yield container, shared
    finally:
        docker("rm", "--force", container)


def test_it_gives_the_events_of_a_suricata_of_ones_own_whatever_is_killed_and_whoever_asks(
    opensearch3: OpenSearchNode, sidecar: tuple[str, Path], tmp_path: Path
) -> None:
    container, shared = sidecar
    (captures := tmp_path / "captures").mkdir()
    for name in NAMES:
        shutil.copyfile(PCAPS / name, captures / name)
    own = Beside(opensearch3, f"flowtapc{os.getpid()}", tmp_path / "own")
    beside = Beside(opensearch3, own.prefix, tmp_path / "beside", shared=shared)
    with own.with_schema():
        os.mkfifo(waits := tmp_path / "waits")  # nobody writes to it: the load is held in its middle
        killed = beside.start("backfill", "pcap", captures / NAMES[0], waits)
        try:
            wait_for(lambda: beside.count("suricata.*") > 0, PATIENCE_SECONDS, lambda: "nothing is stored")
        finally:
            killed.kill()
            killed.communicate()
        second = Beside(opensearch3, own.prefix, tmp_path / "second", shared=shared)
        both = [each.start("backfill", "pcap", captures, "--again") for each in (beside, second)]
        said = [each.communicate(timeout=PATIENCE_SECONDS) for each in both]
        assert [each.returncode for each in both] == [0, 0], said
        stored = Counter(beside.copies("suricata.eve.event_type", "suricata.*"))
        assert stored["alert"] > 0
        own_way = own("backfill", "pcap", captures, "--json").json["sums"]
        assert (own_way["delivered"], own_way["duplicate"]) == (0, stored.total())
        analysed = [each("suricata", "analyze", captures / NAMES[0], "--json").json for each in (own, beside)]
        assert analysed[0] == analysed[1]  # what it is made of, too: neither loads again what the other has
        assert not [*shared.glob("run-*")]

        (wrong := tmp_path / "wrong.rules").write_text('alert tcp any any -> any any (msg:"x"; no_such; sid:1;)\n')
        refused = beside("backfill", "pcap", captures, "--rules", wrong, code=3)
        assert "local.rules:1" in refused.err
        assert "no_such" in refused.err
        (ones := tmp_path / "one.rules").write_text('alert tcp any any -> any any (msg:"any tcp"; sid:1;)\n')
        more = beside("suricata", "analyze", captures, "--rules", ones, "--json").json["captures"]
        assert {rule for each in more for rule in each["alerts"]} == {"any tcp"}

        docker("stop", container)
        gone = beside("backfill", "pcap", captures, "--again", code=3)
        assert "FLOWTAP_PCAPS=yes" in gone.err
