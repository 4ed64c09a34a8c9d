"""Looks at this machine: files, the state directory, installed packages. Judges nothing, creates nothing.

Raises CorruptState where files of ours cannot be read, and OSError.
"""

import os
import shutil
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from shipper.checkpoint import CheckpointDirectory
from shipper.deadletter import DeadLetterDirectory


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A settings file: its mode bits, and whether it holds a password."""

    path: Path
    mode: int
    holds_password: bool


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """`base` is the directory itself, or where it will be made: the nearest parent that exists."""

    path: Path
    base: Path
    is_directory: bool
    writable: bool
    mode: int
    free_bytes: int

    @property
    def exists(self) -> bool:
        """Whether it is there already."""
        return self.base == self.path


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Waiting dead letters by kind, their bytes, and the bytes they may take."""

    kinds: Mapping[str, int]
    used_bytes: int
    quota_bytes: int


@dataclass(frozen=True, slots=True)
class ImportName:
    """Where Python would import a package of ours from, and where ours is; `stranger`: another package's part of it."""

    name: str
    found: Path | None
    ours: Path
    stranger: str = ""


def settings_file(path: Path) -> SettingsFile:
    """What matters of a settings file that was read before."""
    given = tomllib.loads(path.read_text("utf-8"))
    return SettingsFile(path, path.stat().st_mode & 0o777, bool(given.get("opensearch", {}).get("password")))


def state_directory(path: Path) -> StateDirectory:
    """What the file system says, without trying to write."""
    base = next(place for place in (path, *path.parents) if place.exists())
    return StateDirectory(
        path=path,
        base=base,
        is_directory=base.is_dir(),
        writable=os.access(base, os.W_OK | os.X_OK),
        mode=base.stat().st_mode & 0o777,
        free_bytes=shutil.disk_usage(base).free,
    )


def dead_letters(directory: Path, quota_bytes: int) -> DeadLetters:
    """Every dead letter read once."""
    letters = DeadLetterDirectory(directory / "deadletter", quota_bytes)
    return DeadLetters(Counter(letter.kind.name for letter in letters.read()), letters.size_bytes(), quota_bytes)


def checkpoints(directory: Path) -> int:
    """How many streams have a checkpoint that can be read."""
    return sum(1 for _ in CheckpointDirectory(directory / "checkpoints").entries())


def import_names(names: tuple[str, ...], ours: Path) -> tuple[ImportName, ...]:
    """Where these packages would be imported from (nothing is imported); `ours` is where shipper is."""
    return tuple(_import_name(name, ours) for name in names)


def _import_name(name: str, ours: Path) -> ImportName:
    spec = find_spec(name)
    found = Path(spec.origin).parent if spec and spec.origin else None
    # suricata-update installs suricata/update and an __init__.py of its own beside it.
    stranger = "suricata-update" if name == "suricata" and (ours / name / "update" / "main.py").is_file() else ""
    return ImportName(name, found, ours / name, stranger)
