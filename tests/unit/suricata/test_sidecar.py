"""Captures through a Suricata beside us, with somebody who gives Suricata's own answers in its place.

The answers are those of 7.0.10 in unix-socket mode, as they came over its socket.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suricata.control import Control, SocketControl
from suricata.errors import BadSensor, NotAnalysed, Stopped, SuricataMissing, SuricataRefused
from suricata.protocol import Answer, read
from suricata.sidecar import Sidecar, sensor_folder

MINE, OTHER = "00ff", "0bad"
TEXTS = {"suricata.yaml": "%YAML 1.1\n", "rules/local.rules": ""}
WRONG = (
    '{{"log_level":"Error","engine":{{"message":"error parsing signature \\"x\\" from file '
    '{0}/active/local.rules at line 1","module":"detect"}}}}\n'
)


class Suricata:
    """Is started with a folder and takes captures; `dies_of` and `refuses` are names of captures, `never_ends` one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sensor: Path | None = None
        self.current = ""
        self.looks = 0
        self.read: list[str] = []
        self.started: list[str] = []
        self.dies_of = self.refuses = self.never_ends = ""

    def start(self, name: str) -> None:
        self.started.append(name)
        self.sensor = self.folder / name

    def end(self, code: int) -> None:
        assert self.sensor is not None
        ended, self.sensor, self.current = self.sensor, None, ""
        has_ended(ended, code)

    def ask(self, command: str, **arguments: str) -> Answer:
        if self.sensor is None:
            raise SuricataMissing("nobody listens")
        return read(getattr(self, command.replace("-", "_"))(**arguments))

    def signal_reload(self) -> None:
        raise AssertionError

    def version(self) -> bytes:
        return b'{"message":"7.0.10 RELEASE","return":"OK"}'

    def conf_get(self, variable: str) -> bytes:
        assert variable == "default-rule-path"
        return f'{{"message":"{self.sensor}/active","return":"OK"}}'.encode().replace(b"/", b"\\/")

    def pcap_file_number(self) -> bytes:
        return b'{"message":0,"return":"OK"}'

    def pcap_current(self) -> bytes:
        self.looks += 1
        if self.current and self.looks > 2 and self.current != self.never_ends:
            self.current = ""
        return f'{{"message":"{self.current or "None"}","return":"OK"}}'.encode()

    def pcap_file(self, **arguments: str) -> bytes:
        capture = Path(arguments["filename"])
        if capture.name == self.refuses:
            return b'{"message":"filename does not exist","return":"NOK"}'
        content = capture.read_text()
        self.read.append(content)
        if content == self.dies_of:
            assert self.sensor is not None
            (self.sensor / "said").write_text("terminate called\n")
            self.end(134)
            raise SuricataMissing("connection reset")
        self.current, self.looks = str(capture), 0
        (Path(arguments["output-dir"]) / "eve.json").write_text("{}\n")
        return b'{"message":"Successfully added file to list","return":"OK"}'

    def shutdown(self) -> bytes:
        self.end(0)
        return b'{"message":"Closing Suricata","return":"OK"}'


def has_ended(sensor: Path, code: int) -> None:
    (sensor / "ended.new").write_text(f"{code}\n")
    (sensor / "ended.new").rename(sensor / "ended")


@contextmanager
def beside(folder: Path, says: str = "") -> Iterator[Suricata]:
    """What docker/suricata/pcaps.sh does. `says`: Suricata's words before it ends at once, with {0} for its folder."""
    suricata = Suricata(folder)
    os.mkfifo(folder / "wanted")
    orders = os.open(folder / "wanted", os.O_RDWR)

    def serve() -> None:
        with os.fdopen(orders) as lines:
            for line in lines:
                if not (name := line.strip()):
                    return
                if says:
                    (folder / name / "said").write_text(says.format(folder / name))
                    has_ended(folder / name, 1)
                else:
                    suricata.start(name)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield suricata
    finally:
        os.write(orders, b"\n")
        thread.join()


def sidecar(folder: Path, control: Control, name: str = MINE, *, stopped: bool = False) -> Sidecar:
    return Sidecar(folder, name, TEXTS, lambda _: stopped, control=control)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (made := tmp_path / "run-1").mkdir()
    return made


@pytest.fixture
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (made := tmp_path_factory.mktemp("elsewhere") / "a.pcap").write_text("packets")
    return made


def test_a_capture_from_elsewhere_is_handed_over_and_taken_back(tmp_path: Path, into: Path, capture: Path) -> None:
    with beside(tmp_path) as suricata:
        ours = sidecar(tmp_path, suricata)
        assert ours.version() == "7.0.10"
        assert ours.analyse(capture, into) == ""
        assert ours.analyse(capture, into) == ""
    assert suricata.read == ["packets", "packets"]
    assert [path.name for path in into.iterdir()] == ["eve.json"]
    assert suricata.started == [f"sensor-{MINE}"]  # once


def test_one_that_runs_with_other_files_is_started_anew_and_theirs_are_removed(
    tmp_path: Path, into: Path, capture: Path
) -> None:
    with beside(tmp_path) as suricata:
        sidecar(tmp_path, suricata, OTHER).version()
        sidecar(tmp_path, suricata).analyse(capture, into)
    assert suricata.started == [f"sensor-{OTHER}", f"sensor-{MINE}"]
    assert [path.name for path in tmp_path.glob("sensor-*")] == [f"sensor-{MINE}"]


def test_what_a_killed_one_left_behind_is_ended_first(tmp_path: Path, into: Path, capture: Path) -> None:
    with beside(tmp_path) as suricata:
        ours = sidecar(tmp_path, suricata)
        ours.version()
        suricata.current = suricata.never_ends = "/share/left"
        ours.analyse(capture, into)
    assert suricata.started == [f"sensor-{MINE}"] * 2


def test_its_death_is_one_captures_trouble_and_the_next_starts_it_again(
    tmp_path: Path, into: Path, capture: Path
) -> None:
    with beside(tmp_path) as suricata:
        ours = sidecar(tmp_path, suricata)
        suricata.dies_of = "packets"
        with pytest.raises(NotAnalysed, match=r"ended with 134: terminate called"):
            ours.analyse(capture, into)
        suricata.dies_of = ""
        assert ours.analyse(capture, into) == ""
    assert len(suricata.started) == 2


def test_rules_that_it_does_not_take_are_named_with_their_line(tmp_path: Path) -> None:
    with beside(tmp_path, WRONG) as suricata, pytest.raises(BadSensor, match=r"local.rules:1"):
        sidecar(tmp_path, suricata).version()


def test_why_it_does_not_start_is_said(tmp_path: Path) -> None:
    with beside(tmp_path, "no memory\n") as suricata, pytest.raises(SuricataMissing, match="ended with 1: no memory"):
        sidecar(tmp_path, suricata).version()


def test_what_it_refuses_is_said(tmp_path: Path, into: Path) -> None:
    (into / "gone.pcap").write_text("")
    with beside(tmp_path) as suricata:
        suricata.refuses = "gone.pcap"
        with pytest.raises(SuricataRefused, match="refuses pcap-file: filename does not exist"):
            sidecar(tmp_path, suricata).analyse(into / "gone.pcap", into)


def test_told_to_stop_it_ends_what_is_being_read(tmp_path: Path, into: Path, capture: Path) -> None:
    with beside(tmp_path) as suricata:
        sidecar(tmp_path, suricata).version()
        suricata.never_ends = str(into / "capture")
        with pytest.raises(Stopped):
            sidecar(tmp_path, suricata, stopped=True).analyse(capture, into)
    assert suricata.sensor is None
    assert not (into / "capture").exists()


def test_one_capture_at_a_time(tmp_path: Path, into: Path, capture: Path) -> None:
    with beside(tmp_path) as suricata, (tmp_path / "turn").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Stopped):  # it waits until it is told to stop
            sidecar(tmp_path, suricata, stopped=True).analyse(capture, into)
    assert suricata.started == []


def test_without_anybody_beside_it_says_how_to_start_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "wanted")
    for _ in range(2):
        with pytest.raises(SuricataMissing, match="FLOWTAP_PCAPS=yes"):
            Sidecar(tmp_path, MINE, TEXTS, lambda _: False, control=SocketControl(tmp_path / "no")).version()
        (tmp_path / "wanted").unlink(missing_ok=True)
    assert sensor_folder(tmp_path, MINE).is_dir()
