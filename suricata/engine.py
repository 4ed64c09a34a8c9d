"""Running `suricata` and `suricata-update`: what an engine is, and that of this machine (`container` has the other)."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from suricata.control import Run
from suricata.errors import Stopped, SuricataMissing, SuricataSilent

Wait = Callable[[float], bool]
"""Waits for at most that many seconds; whether it was told to stop."""
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended; its output and errors together, as they came."""

    code: int
    said: str


class Engine(Protocol):
    """Something that runs Suricata's programs."""

    def run(
        self,
        program: str,
        arguments: Sequence[str],
        folders: Sequence[Path],
        *,
        readable: Sequence[Path] = (),
        network: bool = False,
    ) -> Ran:
        """Run to the end. `folders` can be read and written; "{scratch}" in an argument is one that is removed after.

        `readable` are files and folders that can be read. Raises SuricataMissing where there is no such program,
        SuricataSilent where it does not end, Stopped.
        """


class LocalEngine:
    """Programs of this machine."""

    def __init__(self, run: Run, timeout_seconds: float = 600.0) -> None:
        self._run = run
        self._timeout = timeout_seconds

    def run(
        self,
        program: str,
        arguments: Sequence[str],
        folders: Sequence[Path],
        *,
        readable: Sequence[Path] = (),
        network: bool = False,
    ) -> Ran:
        """See Engine."""
        del folders, readable, network
        with tempfile.TemporaryDirectory(prefix="flowtap-suricata-") as scratch:
            command = [program, *(argument.replace("{scratch}", scratch) for argument in arguments)]
            return _ran(self._run(command, self._timeout))


def stoppable(stopped: Wait) -> Run:
    """A `Run` that kills what it runs, and raises Stopped, once `stopped`."""

    def run(command: Sequence[str], timeout_seconds: float) -> "subprocess.CompletedProcess[bytes]":
        end = time.monotonic() + timeout_seconds
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(  # noqa: S603  (a list of arguments, no shell)
                    command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
                )
            except OSError as error:
                raise SuricataMissing(f"{command[0]} cannot be run: {error.strerror}") from error
            try:
                while (code := _ended(process)) is None:
                    if stopped(0):
                        raise Stopped(f"{command[0]} was told to stop")
                    if time.monotonic() > end:
                        raise SuricataSilent(f"{command[0]} did not end within {timeout_seconds:g} s")
            finally:
                process.kill()
                process.wait()
            said.seek(0)
            return subprocess.CompletedProcess(command, code, said.read(), b"")

    return run


def _ended(process: "subprocess.Popen[bytes]") -> int | None:
    try:
        return process.wait(_LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return None


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
