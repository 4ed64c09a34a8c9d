"""Which images docker/images.sh chooses, with an engine that only answers: what is here, what a registry would have."""

import os
import subprocess
from pathlib import Path

import pytest

IMAGES = Path(__file__).parents[3] / "docker/images.sh"
LOCAL = ("flowtap/base:trixie-local", "flowtap/opensearch:3.4.0-local", "flowtap/opensearch:2.19.4-secured-local")
DASHBOARDS = "opensearchproject/opensearch-dashboards"
ENGINE = """#!/usr/bin/env bash
# docker, as far as images.sh asks it. PRESENT: what is on this machine; REGISTRY: what can be pulled, or silent.
case "$1 ${2:-}" in
  "image inspect") grep -qxF "$3" "$PRESENT" ;;
  "pull "*)
    echo "$2" >>"$PRESENT.pulled"
    if [ "$REGISTRY" = silent ]; then echo "lookup registry: no such host"; exit 1; fi
    case " $REGISTRY " in *" $2 "*) echo "$2" >>"$PRESENT" ;; *) echo "manifest unknown"; exit 1 ;; esac ;;
  "run "*)
    case "$*" in
      *" -d "*) [[ "$*" != *3.4.0-local* ]] ;;
      *) [[ "$*" =~ opensearch:([0-9.]+) ]] && printf '%s\\n' lucene.jar "opensearch-core-${BASH_REMATCH[1]}.jar" ;;
    esac ;;
esac
"""


class Engine:
    def __init__(self, folder: Path) -> None:
        (folder / "docker").write_text(ENGINE)
        (folder / "docker").chmod(0o755)
        self.here = folder / "here"
        self.here.write_text("\n".join(LOCAL) + "\n")
        self._path = folder

    def asked(self, *names: str, registry: str = "silent", **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{self._path}:{os.environ['PATH']}"  # noqa: TID251  for the script under test
        environment = {"PATH": path, "PRESENT": str(self.here), "REGISTRY": registry, **variables}
        return subprocess.run([IMAGES, *names], env=environment, capture_output=True, text=True, check=False)

    @property
    def pulled(self) -> list[str]:
        told = Path(f"{self.here}.pulled")
        return told.read_text().split() if told.exists() else []


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)


def chosen(ran: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert ran.returncode == 0, ran.stderr
    return dict(line.split("=", 1) for line in ran.stdout.splitlines())


def test_where_no_registry_answers_dashboards_is_left_out_and_said_to_be(engine: Engine) -> None:
    ran = engine.asked("opensearch", "dashboards")
    assert chosen(ran) == {
        "OPENSEARCH_IMAGE": "flowtap/opensearch:3.4.0-local", "OPENSEARCH_SECURED": "false", "DASHBOARDS_IMAGE": "",
    }  # fmt: skip
    assert f"left out: {DASHBOARDS}:3.4.0 is not on this machine and cannot be pulled" in ran.stderr
    assert engine.pulled == ["opensearchproject/opensearch:3.4.0"]  # a silent registry is asked once


def test_where_a_registry_answers_it_has_the_version_of_opensearch(engine: Engine) -> None:
    registry = f"opensearchproject/opensearch:3.4.0 {DASHBOARDS}:3.4.0"
    found = chosen(engine.asked("opensearch", "dashboards", registry=registry))
    assert found["DASHBOARDS_IMAGE"] == f"{DASHBOARDS}:3.4.0"
    assert found["OPENSEARCH_SECURED"] == "true"


def test_it_follows_the_opensearch_that_is_asked_for(engine: Engine) -> None:
    older = {"OPENSEARCH_IMAGE": "flowtap/opensearch:2.19.4-secured-local", "registry": f"{DASHBOARDS}:2.19.4"}
    assert chosen(engine.asked("dashboards", **older))["DASHBOARDS_IMAGE"] == f"{DASHBOARDS}:2.19.4"


def test_a_registry_without_that_version_leaves_it_out(engine: Engine) -> None:
    assert chosen(engine.asked("dashboards", registry=f"{DASHBOARDS}:2.8.0"))["DASHBOARDS_IMAGE"] == ""


def test_none_asks_no_registry(engine: Engine) -> None:
    assert chosen(engine.asked("dashboards", DASHBOARDS_IMAGE="none"))["DASHBOARDS_IMAGE"] == ""
    assert engine.pulled == []


def test_one_that_is_asked_for_by_name_must_be_there(engine: Engine) -> None:
    ran = engine.asked("dashboards", DASHBOARDS_IMAGE="mine:1")
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "mine:1 is asked for" in ran.stderr
    with engine.here.open("a") as file:
        file.write("mine:1\n")
    assert chosen(engine.asked("dashboards", DASHBOARDS_IMAGE="mine:1"))["DASHBOARDS_IMAGE"] == "mine:1"
