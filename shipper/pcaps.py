"""Captures as inputs: what is read from one is what Suricata says of it, the same whenever it is asked.

In: inputs that are captures, rules, somebody who analyses (`suricata.offline`). Out: the same inputs, read as lines of
settled events (`suricata.settled`). A capture is analysed when it is opened; what that takes on disk
goes with its reader.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from itertools import islice
from pathlib import Path, PurePath

import orjson

from shipper.errors import ConfigError, NotRecords, SourceDamaged, Unavailable, ours
from shipper.scratch import scratch
from shipper.sensor import ConfiguredSensor, translating
from shipper.settings import SuricataSettings
from shipper.sources.inputs import Input
from shipper.sources.pcap import Capture, examined
from suricata.config import render
from suricata.container import find_engine
from suricata.engine import Wait, stoppable
from suricata.errors import NotAnalysed, Stopped, SuricataError
from suricata.offline import EVE, Analyst, Programs
from suricata.rules.folder import DISABLED, LOCAL, THRESHOLDS, YAML, SensorFolder
from suricata.settled import flows_of, settled
from suricata.sidecar import Sidecar, sensor_folder

_LONGEST_SECONDS = 7 * 86400.0
_LINES_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Rules:
    """The files that captures are analysed with, by their names in a sensor's folder."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, settings: SuricataSettings, file: Path | None) -> "Rules":
        """Those of the sensor, or of this file alone. Raises ConfigError."""
        if file is None:
            with translating():
                return cls(ConfiguredSensor(settings).folder.texts())
        try:
            return cls({LOCAL: file.read_text("utf-8"), THRESHOLDS: "", DISABLED: ""})
        except OSError as error:
            raise ConfigError(f"--rules {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"--rules {file}: not UTF-8 text (byte {error.start})") from error


class Events:
    """A reader of one capture's events. What cannot be read of the capture is told at their end."""

    def __init__(self, capture: Capture, lines: Iterator[bytes], folder: Path) -> None:
        self.capture = capture
        self._lines = lines
        self._folder = folder
        self._held = b""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end. Raises SourceDamaged there for a capture that was not whole."""
        if not self._held:
            self._held = b"".join(line + b"\n" for line in islice(self._lines, _LINES_AT_ONCE))
        found, self._held = self._held[:size], self._held[size:]
        if not found and self.capture.damage:
            raise SourceDamaged(self.capture.damage)
        return found

    def lines(self) -> Iterator[bytes]:
        """Each event, without its end; statistics left out."""
        return filter(None, self._lines)

    def close(self) -> None:
        """Let go of what was made for it."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Captures:
    """Analyses captures. From any thread."""

    def __init__(self, analyst: Analyst, folder: Path) -> None:
        self._analyst = analyst
        self._folder = folder

    def input(self, item: Input) -> Input:
        """The same input, read as its events."""
        return replace(item, open=partial(self.open, item))

    def open(self, item: Input) -> Events:
        """Have it analysed. Raises NotRecords, SourceDamaged, OSError for it; ConfigError, Unavailable for all."""
        folder = Path(tempfile.mkdtemp(prefix="capture-", dir=self._folder))
        try:
            capture = examined(item, folder)
            lines = self._analysed(item, capture, folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Events(lines[0], lines[1], folder)

    def _analysed(self, item: Input, capture: Capture, folder: Path) -> tuple[Capture, Iterator[bytes]]:
        if not capture.packets:
            return capture, iter(())
        before = capture.file.stat()
        try:
            said = self._analyst.analyse(capture.file, folder)
        except NotAnalysed as error:
            raise SourceDamaged(f"{item.title}: {error}") from error
        except Stopped as error:
            raise Unavailable(str(error)) from error
        except SuricataError as error:
            raise ours(error) from error
        after = capture.file.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise SourceDamaged(f"{item.title}: was written to while it was read; try again when it is whole")
        if said and not capture.damage:
            capture = replace(capture, damage=f"{item.title}: Suricata says: {said}")
        eve = folder / EVE
        flows = flows_of(_lines(eve), capture.name)
        return capture, settled(_lines(eve), flows, capture.name, PurePath(item.origin).name)


@contextmanager
def captures(settings: SuricataSettings, rules: Rules, parent: Path, wait: Wait) -> Iterator[tuple[Captures, str]]:
    """What analyses captures with these rules, and what it is: captures analysed by another may have other events.

    What is needed meanwhile lies below `parent`, or in the folder that is shared with a sidecar.
    """
    shared = settings.sidecar and settings.sidecar.expanduser().absolute()
    with scratch(shared or parent) as folder:
        with translating():
            made_of, analyst = _analyst(settings, rules, folder, shared, wait)
            version = analyst.version()
        analysis = blake2b(f"{version}\0{made_of}".encode("utf-8", "surrogateescape"), digest_size=9).hexdigest()
        yield Captures(analyst, folder), f"{version}-{analysis}"


def _analyst(
    settings: SuricataSettings, rules: Rules, folder: Path, shared: Path | None, wait: Wait
) -> tuple[str, Analyst]:
    """With what it is made of, but for Suricata itself: the same wherever it runs."""
    sensor = ConfiguredSensor(settings).offline(Path("/"))
    made_of = "\0".join([render(sensor), *(f"{name}\0{text}" for name, text in sorted(rules.texts.items()))])
    if shared is not None:
        name = blake2b(made_of.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        placed = replace(sensor, directory=sensor_folder(shared, name))
        return made_of, Sidecar(shared, name, {**rules.texts, YAML: render(placed)}, wait)
    placed = replace(sensor, directory=folder / "sensor")
    SensorFolder(placed.directory).write({**rules.texts, YAML: render(placed)})
    return made_of, Programs(find_engine(settings.image, stoppable(wait), wait, _LONGEST_SECONDS), placed.directory)


def _lines(eve: Path) -> Iterator[bytes]:
    if not eve.exists():
        return
    with eve.open("rb") as file:
        for line in file:
            yield line.removesuffix(b"\n")


@dataclass(frozen=True, slots=True)
class Found:
    """What one capture came to. `other` says what a file is that is no capture, `problem` what kept it from its end."""

    origin: str
    capture: str = ""
    packets: int = 0
    events: Mapping[str, int] = field(default_factory=dict)
    alerts: Mapping[str, int] = field(default_factory=dict)
    written: Path | None = None
    other: str = ""
    problem: str = ""


def analysed(captures: Captures, inputs: Sequence[Input], parallel: int, out: Path | None) -> Iterator[Found]:
    """Analyse them, a few at a time, in their order; with `out` keep their events there. Raises as `Captures.open`."""
    names = _file_names(inputs)
    with ThreadPoolExecutor(parallel) as threads:
        paths = [out / name if out else None for name in names]
        yield from threads.map(partial(_one, captures), inputs, paths)


def _one(captures: Captures, item: Input, path: Path | None) -> Found:
    try:
        with closing(captures.open(item)) as events:
            return _told(item, events, path)
    except NotRecords as error:
        return Found(item.origin, other=str(error))
    except SourceDamaged as error:
        return Found(item.origin, problem=str(error))
    except OSError as error:
        return Found(item.origin, problem=f"{item.title}: {error.strerror or error}")


def _told(item: Input, events: Events, path: Path | None) -> Found:
    types: Counter[str] = Counter()
    alerts: Counter[str] = Counter()
    with path.open("wb") if path else nullcontext() as file:
        for line in events.lines():
            event = orjson.loads(line)
            types[event["event_type"]] += 1
            if event["event_type"] == "alert":
                alerts[event["alert"]["signature"]] += 1
            if file:
                file.write(line + b"\n")
    capture = events.capture
    return Found(item.origin, capture.name, capture.packets, types, alerts, path, problem=capture.damage)


def _file_names(inputs: Sequence[Input]) -> list[str]:
    """One for each, by its own where no other has the same."""
    names = [PurePath(item.origin).name for item in inputs]
    often = Counter(names)
    return [f"{name}.eve.json" if often[name] == 1 else f"{at}-{name}.eve.json" for at, name in enumerate(names, 1)]
