"""Captures as inputs, with somebody in Suricata's place."""

import gzip
import json
from contextlib import closing
from pathlib import Path

import pytest

from shipper.errors import ConfigError, NotRecords, SourceDamaged
from shipper.pcaps import Captures, Rules, analysed
from shipper.settings import SuricataSettings
from shipper.sources.interruptible import open_pipe
from shipper.sources.local_paths import expand
from suricata.errors import BadSensor, NotAnalysed, SuricataError

HEADER = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
PACKET = bytes(8) + (60).to_bytes(4, "little") * 2 + bytes(60)
WHOLE = HEADER + PACKET * 3


class Suricata:
    """Says of each capture how long it is, or fails."""

    def __init__(self, failure: SuricataError | None = None) -> None:
        self.failure = failure
        self.given: list[bytes] = []

    def version(self) -> str:
        return "7"

    def analyse(self, capture: Path, into: Path) -> str:
        self.given.append(capture.read_bytes())
        if self.failure:
            raise self.failure
        (into / "eve.json").write_text('{"event_type":"x"}\n{"event_type":"stats"}\n')
        return ""


def read(suricata: Suricata, folder: Path, name: str, content: bytes) -> list[bytes]:
    """The lines of an input with this content."""
    (folder / name).write_bytes(content)
    (work := folder / "work").mkdir(exist_ok=True)
    (item,) = expand([str(folder / name)], lambda path: open_pipe(path, lambda _: False))
    found = b""
    try:
        with closing(Captures(suricata, work).input(item).open()) as reader:
            while block := reader.read(7):
                assert len(block) <= 7
                found += block
    finally:
        assert [*work.iterdir()] == []
    return found.split(b"\n")


def test_packed_and_renamed_it_is_the_same_capture(tmp_path: Path) -> None:
    suricata = Suricata()
    plain = read(suricata, tmp_path, "a", WHOLE)
    assert [json.loads(line).keys() for line in plain[:1]] == [{"event_type", "host", "pcap_filename"}]
    assert plain[1:] == [b"", b""]  # statistics are an empty line
    assert read(suricata, tmp_path, "b", gzip.compress(WHOLE))[0] == plain[0].replace(b'"a"', b'"b"')
    assert suricata.given == [WHOLE, WHOLE]


def test_suricata_is_not_asked_about_what_is_no_capture_or_has_no_packet(tmp_path: Path) -> None:
    suricata = Suricata()
    for content, what in ((b"", "empty"), (b"text", "74 65 78 74"), (gzip.compress(b"text"), "74 65")):
        with pytest.raises(NotRecords, match=what):
            read(suricata, tmp_path, "x", content)
    assert read(suricata, tmp_path, "x", HEADER) == [b""]
    for content in (HEADER[:10], HEADER + PACKET[:20]):
        with pytest.raises(SourceDamaged, match="x: ends"):
            read(suricata, tmp_path, "x", content)
    assert suricata.given == []


def test_what_is_whole_comes_before_the_damage(tmp_path: Path) -> None:
    inputs = []
    for name, content in (("cut", WHOLE[:-5]), ("packed", gzip.compress(WHOLE * 1)[:-9]), ("whole", WHOLE)):
        (tmp_path / name).write_bytes(content)
        inputs += expand([str(tmp_path / name)], lambda path: open_pipe(path, lambda _: False))
    (work := tmp_path / "work").mkdir()
    cut, packed, whole = analysed(Captures(Suricata(), work), inputs, 2, None)
    assert [each.events for each in (cut, whole)] == [{"x": 1}, {"x": 1}]
    assert "ends in the middle" in cut.problem
    assert "packed" in packed.problem
    assert not whole.problem


def test_what_suricata_cannot_do_is_one_capture_s_trouble_and_wrong_rules_are_everybody_s(tmp_path: Path) -> None:
    with pytest.raises(SourceDamaged, match="x: it died"):
        read(Suricata(NotAnalysed("it died")), tmp_path, "x", WHOLE)
    with pytest.raises(ConfigError, match="rule"):
        read(Suricata(BadSensor("rule 1")), tmp_path, "x", WHOLE)


def test_rules_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--rules"):
        Rules.of(SuricataSettings(), tmp_path / "no.rules")
