"""Checks made in order: each looks, then judges. An error is a finding, never the end of the checkup."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cached_property

from shipper.config import Loaded
from shipper.doctor.finding import Finding, Outcome, fail, skipped
from shipper.doctor.server import Server
from shipper.errors import ConfigError, CorruptState, Refused, ShipperError, Unavailable
from shipper.opensearch.client import Store
from shipper.partition import Unit

_MOST_SECONDS = 10.0
_REMEDIES: dict[type[ShipperError], str] = {
    ConfigError: "docs/settings.md lists every setting; `shipper init` writes a file with all of them",
    CorruptState: "move that file aside; streams without a checkpoint are read again, and nothing is stored twice",
    Unavailable: "start OpenSearch (`make up` starts the stack here), or correct opensearch.url",
    Refused: "check address, user, password and certificates (opensearch.*)",
}


class Side(Enum):
    """Whose fault a failed check is; the value is the command's exit code."""

    HERE = 3
    FAR = 4


class Subject:
    """What is looked at, each part when a check first asks for it."""

    def __init__(self, load: Callable[[], Loaded], clock: Callable[[], datetime]) -> None:
        self._load = load
        self._clock = clock

    @cached_property
    def loaded(self) -> Loaded:
        """Settings. Raises ConfigError."""
        return self._load()

    @cached_property
    def server(self) -> Server:
        """OpenSearch; nothing is sent yet. Raises ConfigError. A sick server is not waited for as long as usual."""
        connection = self.loaded.connection
        seconds = min(connection.timeout_seconds, _MOST_SECONDS)
        store = Store(replace(connection, timeout_seconds=seconds))
        return Server(store, self.loaded.settings.opensearch.prefix, self._clock)

    @property
    def units(self) -> dict[str, Unit]:
        """Partition units that are set."""
        return self.loaded.settings.units()

    @property
    def now(self) -> datetime:
        """The time, UTC."""
        return self._clock()


@dataclass(frozen=True, slots=True)
class Check:
    """One row: what it is called, whose side it is on, how to look and judge, and which checks must not have failed."""

    name: str
    side: Side
    look: Callable[[Subject], Finding]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """A check and what it found."""

    name: str
    side: Side
    finding: Finding


def examine(subject: Subject, checks: tuple[Check, ...]) -> tuple[Result, ...]:
    """Every check, in order."""
    found: dict[str, Result] = {}
    for check in checks:
        found[check.name] = Result(check.name, check.side, _examine(check, subject, found))
    return tuple(found.values())


def exit_code(results: tuple[Result, ...]) -> int:
    """0, or that of the first side that fails: settings and state before the far end."""
    return min((result.side.value for result in results if result.finding.outcome is Outcome.FAIL), default=0)


def _examine(check: Check, subject: Subject, found: dict[str, Result]) -> Finding:
    try:
        return _prevented(check, found) or check.look(subject)
    except Refused as error:
        if _failed(found.get("permissions")):
            return skipped("because permissions failed")
        return fail(str(error), _REMEDIES[Refused])
    except ShipperError as error:
        return fail(str(error), next((text for kind, text in _REMEDIES.items() if isinstance(error, kind)), ""))
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}", "let this user read it, or set state.directory")


def _prevented(check: Check, found: dict[str, Result]) -> Finding | None:
    """Skipped, for the reason at the root, where a check that this one needs did not end well."""
    for needed in (found[name] for name in check.needs):
        if needed.finding.outcome is Outcome.SKIPPED:
            return needed.finding
        if _failed(needed):
            return skipped(f"because {needed.name} failed")
    return None


def _failed(result: Result | None) -> bool:
    return result is not None and result.finding.outcome is Outcome.FAIL
