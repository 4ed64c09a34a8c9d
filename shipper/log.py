"""What a live run says while it goes on: one line for each event, for people or as JSON, on a stream handed in.

In: the event's name and its fields, chosen by whoever says it; never settings as a whole, so never a secret.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Protocol

import orjson


class Level(StrEnum):
    """How much an event matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Lines(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object:
        """One line, with its end."""

    def flush(self) -> None:
        """Now."""


class StreamLog:
    """For any number of threads. A stream that nobody reads any more is no reason to stop."""

    def __init__(self, lines: Lines, clock: Callable[[], datetime], *, as_json: bool) -> None:
        self._lines = lines
        self._clock = clock
        self._form = _json if as_json else _text
        self._lock = Lock()

    def __call__(self, event: str, /, level: str = Level.INFO, **fields: object) -> None:
        """Say it."""
        line = self._form(self._clock(), Level(level), event, fields)
        with self._lock:
            try:
                self._lines.write(line + "\n")
                self._lines.flush()
            except OSError:
                return


def _json(at: datetime, level: Level, event: str, fields: Mapping[str, object]) -> str:
    told: dict[str, object] = {"time": at.isoformat(), "level": level.value, "event": event}
    told |= {name: _printable(value) if isinstance(value, str) else value for name, value in fields.items()}
    return orjson.dumps(told, default=str).decode()


def _text(at: datetime, level: Level, event: str, fields: Mapping[str, object]) -> str:
    mark = "" if level is Level.INFO else f"{level.value.upper()}: "
    said = ", ".join(f"{name.replace('_', ' ')} {_printable(str(value))}" for name, value in fields.items())
    return f"{at:%Y-%m-%dT%H:%M:%SZ} {mark}{event}{': ' if said else ''}{said}"


def _printable(text: str) -> str:
    """Control characters and what is no Unicode made visible: names of files may hold anything."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
