"""Programs in containers: what a container may, and what is told where there is none."""

from pathlib import Path
from typing import Any

import pytest
from docker.errors import ImageNotFound

from suricata.container import ContainerEngine, find_engine
from suricata.engine import LocalEngine, Ran, run_command
from suricata.errors import Stopped, SuricataMissing


class Containers:
    """A container engine: one container, which ends when it is looked at for the second time."""

    def __init__(self, missing: bool = False) -> None:
        self.missing = missing
        self.made: dict[str, Any] = {}
        self.looked = 0
        self.removed = False
        self.status = "created"
        self.attrs = {"State": {"ExitCode": 3}}
        self.containers = self

    def prune(self, filters: dict[str, str]) -> None:
        assert filters["label"] == "flowtap.part=program"

    def create(self, image: str, command: list[str], **given: Any) -> "Containers":
        if self.missing:
            raise ImageNotFound("no such image")
        self.made = given | {"image": image, "command": command}
        return self

    def start(self) -> None:
        self.status = "running"

    def reload(self) -> None:
        self.looked += 1
        self.status = "exited" if self.looked > 1 else "running"

    def logs(self) -> bytes:
        return b"words"

    def remove(self, **_: bool) -> None:
        self.removed = True


def engine(client: Any, *, stopped: bool = False) -> ContainerEngine:
    return ContainerEngine("image", client, lambda _: stopped)


def test_a_container_has_no_capability_no_network_and_only_its_folders() -> None:
    client = Containers()
    assert engine(client).run("suricata", ["-l", "{scratch}"], [Path("/s")], readable=[Path("/r")]) == Ran(3, "words")
    made = client.made
    assert (made["network_mode"], made["cap_drop"], made["entrypoint"]) == ("none", ["ALL"], ["suricata"])
    assert made["command"] == ["-l", "/scratch"]
    assert [(each["Source"], each["ReadOnly"]) for each in made["mounts"]] == [("/s", False), ("/r", True)]
    assert client.removed


def test_what_is_told_to_stop_leaves_no_container() -> None:
    client = Containers()
    with pytest.raises(Stopped):
        engine(client, stopped=True).run("suricata", [], [])
    assert client.removed


def test_an_image_that_is_not_there_is_told_with_what_to_do() -> None:
    with pytest.raises(SuricataMissing, match=r"docker/images\.sh suricata"):
        engine(Containers(missing=True)).run("suricata", [], [])


def test_the_program_of_this_machine_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "suricata").write_text("#!/bin/sh\n")
    (tmp_path / "suricata").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.socket")
    assert isinstance(find_engine("", run_command, lambda _: False), LocalEngine)
    with pytest.raises(SuricataMissing, match="neither suricata nor a container engine"):
        find_engine("image", run_command, lambda _: False)
