"""The sensor that the settings describe: its values, its folder, who runs its programs, who asks it.

Nothing is read, run or connected to before it is used.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

from shipper.errors import ours
from shipper.settings import SuricataSettings
from suricata.check import Judgement, check
from suricata.container import find_engine
from suricata.control import Control, find_control
from suricata.engine import Engine, run_command
from suricata.errors import SuricataError, SuricataSilent
from suricata.rules.folder import THRESHOLDS, YAML, Judge, SensorFolder
from suricata.sensor import Sensor

_NOT_TAKEN_OVER = {"directory", "sensor_name", "log_directory", "socket", "image", "sidecar", "rule_urls"}

_TRY_AGAIN = "Try again; if it stays so, Suricata's log says more."


class ConfiguredSensor:
    """What commands work on. Its methods raise errors of the suricata package: see `translating`."""

    def __init__(self, settings: SuricataSettings) -> None:
        self._settings = settings

    @property
    def directory(self) -> Path:
        """The sensor's folder."""
        return self._settings.directory.expanduser().absolute()

    @property
    def values(self) -> Sensor:
        """What suricata.yaml is rendered from."""
        settings = self._settings
        return Sensor(
            directory=self.directory,
            name=settings.sensor_name or socket.gethostname(),
            log_directory=settings.log_directory,
            socket=settings.socket,
            **settings.model_dump(exclude=_NOT_TAKEN_OVER),
        )

    @property
    def folder(self) -> SensorFolder:
        """Its files."""
        return SensorFolder(self.directory)

    @property
    def rule_urls(self) -> tuple[str, ...]:
        """Where rules are fetched from."""
        return tuple(url.strip() for url in self._settings.rule_urls.split(",") if url.strip())

    def offline(self, directory: Path) -> Sensor:
        """What suricata.yaml for captures is rendered from; its name is in no event."""
        return replace(self.values, directory=directory, name="pcap", interface="", threads=0, run_as="", offline=True)

    def engine(self) -> Engine:
        """Who runs `suricata` and `suricata-update`."""
        return find_engine(self._settings.image, run_command, Event().wait)

    def control(self) -> Control:
        """Who asks the Suricata that runs."""
        return find_control(self._settings.socket, run_command)

    def judge(self) -> Judge:
        """Tries a folder's files, its suricata.yaml with the rules and suppressions beside it."""
        engine = self.engine()

        def judged(candidate: Path) -> Judgement:
            return check(engine, candidate / YAML, rules=candidate / "active", thresholds=candidate / THRESHOLDS)

        return judged


@contextmanager
def translating() -> Iterator[None]:
    """Raises our own errors for those of the suricata package."""
    try:
        yield
    except SuricataError as error:
        translated = ours(error)
        if isinstance(error, SuricataSilent):
            for remark in getattr(error, "__notes__", [_TRY_AGAIN]):
                translated.add_note(remark)
        raise translated from error
