"""Captures through a Suricata beside us that shares a folder with us, no more; docker/suricata/pcaps.sh runs it.

    wanted          FIFO: the name of the sensor's folder that Suricata is to be started with, one a line
    command.socket  of the Suricata that runs; it takes one capture after the other
    turn            held by whoever speaks to it
    sensor-…/       suricata.yaml and rules, with what Suricata said (said) and its exit code once it ended (ended)

Suricata's commands: Suricata User Guide, "Interacting via Unix Socket", "Pcap processing mode". Measured on 7.0.10: the
events are those of `suricata -r`, and `pcap-interrupt` ends no capture that is being read, so what nobody waits for any
more is ended with Suricata itself.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from suricata.check import errors
from suricata.control import Control, SocketControl
from suricata.engine import Ran, Wait
from suricata.errors import (
    BadSensor,
    NotAnalysed,
    Stopped,
    SuricataError,
    SuricataMissing,
    SuricataRefused,
    SuricataSilent,
)
from suricata.offline import failure, last_words
from suricata.protocol import Answer
from suricata.rules.folder import YAML, SensorFolder

_SENSORS: Final = "sensor-"
_SHORTEST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.02, 0.5
_END_SECONDS: Final = 60.0


class Sidecar:
    """An Analyst (`suricata.offline`). `name`: hexadecimal digits, the same for the same files.

    One capture at a time, whoever asks; with other files than those that it runs with, Suricata is started anew.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        texts: Mapping[str, str],
        wait: Wait,
        *,
        control: Control | None = None,
        start_seconds: float = 900.0,
    ) -> None:
        self._folder = folder
        self._sensor = sensor_folder(folder, name)
        self._texts = texts
        self._wait = wait
        self._control = control or SocketControl(folder / "command.socket")
        self._start_seconds = start_seconds

    def version(self) -> str:
        """See Analyst."""
        with self._turn():
            self._ready()
            return str(self._told("version").message).split(" ")[0]

    def analyse(self, capture: Path, into: Path) -> str:
        """See Analyst. `into` lies in the shared folder; a capture that does not is copied there meanwhile."""
        shared = capture if capture.is_relative_to(self._folder) else into / "capture"
        try:
            if shared != capture:
                shutil.copyfile(capture, shared)
            with self._turn():
                self._ready()
                spoken = len(self._said(self._sensor))
                self._read(shared, into, spoken)
                said = self._said(self._sensor)[spoken:]
        finally:
            if shared != capture:
                shared.unlink(missing_ok=True)
        return errors(said, self._sensor / YAML)

    def _read(self, capture: Path, into: Path, spoken: int) -> None:
        try:
            self._told("pcap-file", **{"filename": str(capture), "output-dir": str(into)})
            self._until(lambda: not self._busy())
        except Stopped:
            with suppress(SuricataError):
                self._told("shutdown")
            raise
        except (SuricataMissing, SuricataSilent) as error:
            with suppress(SuricataSilent):
                self._until(lambda: _ended(self._sensor) is not None, _END_SECONDS)
            code = _ended(self._sensor)
            if code is None:
                raise
            words = last_words(self._said(self._sensor)[spoken:], self._sensor / YAML)
            raise NotAnalysed(f"Suricata ended with {code}: {words}") from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The kernel lets go of it for one that is killed."""
        descriptor = os.open(self._folder / "turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._until(lambda: _locked(descriptor))
            yield
        finally:
            os.close(descriptor)

    def _ready(self) -> None:
        """A Suricata with our files that does nothing."""
        running = self._running()
        if running == self._sensor and not self._busy():
            return
        if running is not None:
            self._end(running)
        SensorFolder(self._sensor).write(self._texts)
        (self._sensor / "ended").unlink(missing_ok=True)
        self._order()
        self._until(self._started, self._start_seconds)
        for other in self._folder.glob(f"{_SENSORS}*"):
            if other != self._sensor:
                shutil.rmtree(other, ignore_errors=True)

    def _started(self) -> bool:
        running = self._running()
        if running is None:
            code = _ended(self._sensor)
            if code is not None:
                raise self._why(code)
        elif running != self._sensor:  # wanted by somebody who was killed while it was started
            self._end(running)
        return running == self._sensor

    def _why(self, code: int) -> SuricataError:
        found = failure(Ran(code, self._said(self._sensor)), self._sensor / YAML)
        return found if isinstance(found, BadSensor) else SuricataMissing(f"Suricata does not start: {found}")

    def _order(self) -> None:
        try:
            descriptor = os.open(self._folder / "wanted", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise SuricataMissing(
                f"nobody takes captures in {self._folder} (setting suricata.sidecar); in the stack: "
                f"FLOWTAP_PCAPS=yes docker/stack.sh up ({error.strerror})"
            ) from error
        try:
            os.write(descriptor, f"{self._sensor.name}\n".encode("ascii"))
        finally:
            os.close(descriptor)

    def _running(self) -> Path | None:
        """The folder of the Suricata that runs."""
        try:
            found = self._told("conf-get", variable="default-rule-path").message
        except SuricataMissing:
            return None
        except SuricataSilent:  # it was about to end
            self._pause(_LONGEST_LOOK_SECONDS)
            try:
                found = self._told("conf-get", variable="default-rule-path").message
            except SuricataMissing:
                return None
        return Path(str(found)).parent

    def _busy(self) -> bool:
        waiting, current = self._told("pcap-file-number").message, self._told("pcap-current").message
        return waiting != 0 or current != "None"

    def _end(self, running: Path) -> None:
        (running / "ended").unlink(missing_ok=True)
        self._told("shutdown")
        self._until(lambda: _ended(running) is not None, _END_SECONDS)

    def _told(self, command: str, **arguments: str) -> Answer:
        answer = self._control.ask(command, **arguments)
        if not answer.ok:
            raise SuricataRefused(f"Suricata refuses {command}: {answer.message}")
        return answer

    def _until(self, done: Callable[[], bool], seconds: float = float("inf")) -> None:
        end = time.monotonic() + seconds
        look = _SHORTEST_LOOK_SECONDS
        while not done():
            if time.monotonic() > end:
                raise SuricataSilent(f"Suricata in {self._folder} was not ready within {seconds:g} s")
            self._pause(look)
            look = min(look * 1.5, _LONGEST_LOOK_SECONDS)

    def _pause(self, seconds: float) -> None:
        if self._wait(seconds):
            raise Stopped("Suricata was told to stop")

    @staticmethod
    def _said(sensor: Path) -> str:
        try:
            return (sensor / "said").read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""


def sensor_folder(folder: Path, name: str) -> Path:
    """Where the files of that name lie in a shared folder."""
    return folder / f"{_SENSORS}{name}"


def _ended(sensor: Path) -> int | None:
    try:
        return int((sensor / "ended").read_text("ascii"))
    except FileNotFoundError:
        return None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
