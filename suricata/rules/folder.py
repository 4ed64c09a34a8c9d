"""A sensor's folder: what people and updates write, and what Suricata reads, kept in step.

    suricata.yaml       rendered                        threshold.config   suppressions; Suricata reads it as it is
    rules/*.rules       local.rules, updated.rules      disabled.conf      sids that are not loaded
    active/*.rules      made from rules/ and disabled.conf; line N of a file here is line N of the one there

Every change is tried beside the folder first (`suricata -T`), then each file is replaced whole. Files can be read by
everybody: Suricata runs as somebody else, and nothing in here is secret.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from suricata.check import Judgement
from suricata.errors import BadSensor
from suricata.rules.muted import Disabled, Suppression, disabled_in, suppressions_in
from suricata.rules.packaged import packaged_rules
from suricata.rules.text import Rule, rules_in, without

YAML, THRESHOLDS, DISABLED = "suricata.yaml", "threshold.config", "disabled.conf"
LOCAL, UPDATED = "rules/local.rules", "rules/updated.rules"

Judge = Callable[[Path], Judgement]
"""Judges a folder that has the same files as the sensor's."""
Texts = Mapping[str, str]
"""Text of each file by its name in the folder."""


@dataclass(frozen=True, slots=True)
class State:
    """What is there. `rules`: of each file in rules/, by its name."""

    rules: Mapping[str, tuple[Rule, ...]]
    suppressions: tuple[Suppression, ...]
    disabled: tuple[Disabled, ...]


class SensorFolder:
    """The folder `path`. One process at a time changes it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether `write` has made it."""
        return (self.path / YAML).is_file()

    def texts(self) -> dict[str, str]:
        """All files that are not made from others; those that are not there yet as they would begin."""
        names = sorted(f"rules/{found.name}" for found in (self.path / "rules").glob("*.rules"))
        begun = {THRESHOLDS: "", DISABLED: "", LOCAL: packaged_rules()}
        return begun | {name: self._read(name) for name in (THRESHOLDS, DISABLED, *names) if self._is_there(name)}

    def state(self) -> State:
        """What rules there are and what is muted."""
        texts = self.texts()
        rules = {name: tuple(rules_in(text)) for name, text in texts.items() if name.startswith("rules/")}
        return State(rules, tuple(suppressions_in(texts[THRESHOLDS])), tuple(disabled_in(texts[DISABLED])))

    def write(self, changed: Texts, judge: Judge | None = None) -> tuple[str, ...]:
        """Make these changes (none: what is made from others is made anew) and say which files are new.

        With `judge` all of it is tried first; raises BadSensor with what is wrong, and nothing is changed.
        """
        with self._alone():
            wanted = {**self.texts(), **changed}
            files = {**wanted, **made_from(wanted)}
            if judge is not None:
                self._try(files, judge)
            replaced = [name for name, text in files.items() if self._replace(name, text)]
            for stale in (self.path / "active").glob("*.rules"):
                if f"active/{stale.name}" not in files:
                    stale.unlink(missing_ok=True)
                    replaced.append(f"active/{stale.name}")
        return tuple(replaced)

    def _try(self, files: Texts, judge: Judge) -> None:
        with tempfile.TemporaryDirectory(prefix=".trying-", dir=self.path) as made:
            candidate = Path(made)
            candidate.chmod(0o755)
            if YAML not in files:
                shutil.copyfile(self.path / YAML, candidate / YAML)
            for name, text in files.items():
                _write(candidate / name, text)
            judgement = judge(candidate)
        if not judgement.passed:
            # A name in active/ is the same line of the file that people edit.
            said = [
                str(problem).replace(f"{candidate}/active/", f"{self.path}/rules/") for problem in judgement.problems
            ]
            found = "\n".join(line.replace(str(candidate), str(self.path)) for line in said)
            raise BadSensor(f"Suricata would not take that, so nothing was changed:\n{found}")

    def _replace(self, name: str, text: str) -> bool:
        if self._is_there(name) and self._read(name) == text:
            return False
        try:
            _write(self.path / name, text)
        except OSError as error:
            raise BadSensor(f"{self.path / name} cannot be written: {error.strerror}") from error
        return True

    def _is_there(self, name: str) -> bool:
        return (self.path / name).is_file()

    def _read(self, name: str) -> str:
        try:
            return (self.path / name).read_text("utf-8")
        except OSError as error:
            raise BadSensor(f"{self.path / name} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadSensor(f"{self.path / name} is not UTF-8 text (byte {error.start})") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            self.path.mkdir(mode=0o755, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise BadSensor(f"{self.path} (suricata.directory) cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def made_from(texts: Texts) -> dict[str, str]:
    """active/*.rules from the files that people and updates write."""
    sids = {found.sid for found in disabled_in(texts[DISABLED])}
    return {
        f"active/{name.removeprefix('rules/')}": without(text, sids)
        for name, text in texts.items()
        if name.startswith("rules/")
    }


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and still there after a power cut."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path.parent.chmod(0o755)  # whatever the umask
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
