"""Where the programs `suricata` and `suricata-update` are: on this machine, else in a container of Suricata's image."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from suricata.control import Run
from suricata.errors import SuricataMissing, SuricataSilent

DEFAULT_IMAGE = "flowtap/suricata:7.0-local"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended; its output and errors together, as they came."""

    code: int
    said: str


class Engine(Protocol):
    """Something that runs Suricata's programs."""

    def run(self, program: str, arguments: Sequence[str], folders: Sequence[Path], *, network: bool = False) -> Ran:
        """Run to the end. `folders` can be read and written; "{scratch}" in an argument is one that is removed after.

        Raises SuricataMissing where there is no such program, SuricataSilent where it does not end.
        """


class LocalEngine:
    """Programs of this machine."""

    def __init__(self, run: Run, timeout_seconds: float = 600.0) -> None:
        self._run = run
        self._timeout = timeout_seconds

    def run(self, program: str, arguments: Sequence[str], folders: Sequence[Path], *, network: bool = False) -> Ran:
        """See Engine."""
        del folders, network
        with tempfile.TemporaryDirectory(prefix="flowtap-suricata-") as scratch:
            command = [program, *(argument.replace("{scratch}", scratch) for argument in arguments)]
            return _ran(self._run(command, self._timeout))


class ContainerEngine:
    """Programs of an image, in a container that holds nothing but the folders, and no capability."""

    def __init__(self, image: str, run: Run, timeout_seconds: float = 600.0) -> None:
        self._image = image
        self._run = run
        self._timeout = timeout_seconds

    def run(self, program: str, arguments: Sequence[str], folders: Sequence[Path], *, network: bool = False) -> Ran:
        """See Engine."""
        volumes = [part for folder in folders for part in ("--volume", f"{folder}:{folder}")]
        command = [
            "docker", "run", "--rm", "--pull", "never", "--network", "bridge" if network else "none",
            "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--user", f"{os.getuid()}:{os.getgid()}",
            "--tmpfs", "/scratch:mode=1777", *volumes, "--entrypoint", program, self._image,
            *(argument.replace("{scratch}", "/scratch") for argument in arguments),
        ]  # fmt: skip
        ran = _ran(self._run(command, self._timeout))
        if ran.code in {125, 126, 127}:  # docker-run(1): the engine's own trouble
            raise SuricataMissing(
                f"{self._image} cannot be run: {ran.said.strip()[-400:]}\n"
                "Build it with docker/images.sh suricata, name another in suricata.image, or install suricata 7.0 here."
            )
        return ran


def find_engine(image: str, run: Run) -> Engine:
    """This machine's Suricata where it has one and no image is named, else the image's."""
    if not image and shutil.which("suricata"):
        return LocalEngine(run)
    if not shutil.which("docker"):
        raise SuricataMissing(
            "there is neither suricata nor docker on this machine: install one, or run this on the sensor's host"
        )
    return ContainerEngine(image or DEFAULT_IMAGE, run)


def run_command(command: Sequence[str], timeout_seconds: float) -> "subprocess.CompletedProcess[bytes]":
    """The real `Run`."""
    try:
        return subprocess.run(  # noqa: S603  (a list of arguments, no shell)
            command, capture_output=True, check=False, timeout=timeout_seconds, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise SuricataMissing(f"{command[0]} is not installed here") from error
    except OSError as error:
        raise SuricataMissing(f"{command[0]} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise SuricataSilent(f"{command[0]} did not end within {timeout_seconds:g} s") from error


def _ran(done: "subprocess.CompletedProcess[bytes]") -> Ran:
    return Ran(done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace"))
