"""Looks at the sensor that is configured here, and at the logs that inputs follow. Judges nothing.

Raises SuricataError where a Suricata does not answer.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from glob import iglob
from pathlib import Path

from shipper.input_settings import AnyInput, EveInput
from shipper.sensor import ConfiguredSensor
from suricata.control import Control
from suricata.counters import Counters, read_counters
from suricata.reload import RulesInForce, in_force
from suricata.rules.folder import YAML


@dataclass(frozen=True, slots=True)
class Sensor:
    """What a Suricata says of itself."""

    counters: Counters
    rules: RulesInForce


@dataclass(frozen=True, slots=True)
class FollowedLog:
    """The file of an input that was written last, None where there is none; how long ago, and how long is usual."""

    name: str
    paths: tuple[str, ...]
    newest: Path | None
    age_seconds: float
    silent_after_seconds: float


def is_configured(sensor: ConfiguredSensor, interface: str) -> bool:
    """Whether one was set up here: an interface to capture, or a rendered configuration."""
    return bool(interface) or (sensor.directory / YAML).is_file()


def sensor(control: Callable[[], Control]) -> Sensor:
    """Ask the Suricata that runs."""
    asked = control()
    return Sensor(read_counters(asked), in_force(asked))


def followed_logs(inputs: Mapping[str, AnyInput], now: datetime) -> tuple[FollowedLog, ...]:
    """The logs of all inputs that follow files."""
    return tuple(_followed(name, each, now) for name, each in inputs.items() if isinstance(each, EveInput))


def _followed(name: str, each: EveInput, now: datetime) -> FollowedLog:
    found = sorted(_modified(Path(path) for pattern in each.paths for path in iglob(pattern, recursive=True)))  # noqa: PTH207
    when, newest = found[-1] if found else (now.timestamp(), None)
    return FollowedLog(name, each.paths, newest, now.timestamp() - when, each.silent_after_seconds)


def _modified(paths: Iterable[Path]) -> Iterable[tuple[float, Path]]:
    return ((path.stat().st_mtime, path) for path in paths if path.is_file())
