"""One capture through Suricata: what eve.json says of it. Where Suricata runs is `engine`'s or the sidecar's."""

from pathlib import Path
from typing import Protocol

from suricata.check import errors, read_problems
from suricata.engine import Engine, Ran
from suricata.errors import BadSensor, NotAnalysed
from suricata.rules.folder import YAML

EVE = "eve.json"


class Analyst(Protocol):
    """Something that has Suricata analyse captures; any number of threads may ask."""

    def version(self) -> str:
        """Suricata's, such as 7.0.10. Raises SuricataError."""

    def analyse(self, capture: Path, into: Path) -> str:
        """Write `into`/eve.json; what Suricata says against the capture, mostly nothing.

        The capture is plain pcap or pcapng with a packet at least: with another Suricata waits for a minute. Raises
        BadSensor for rules that are wrong, NotAnalysed, SuricataMissing, Stopped.
        """


class Programs:
    """Runs a Suricata for each capture, with the files of a sensor's folder."""

    def __init__(self, engine: Engine, sensor: Path) -> None:
        self._engine = engine
        self._sensor = sensor

    def version(self) -> str:
        """See Analyst."""
        ran = self._engine.run("suricata", ["-V"], [])
        return version_in(ran.said)

    def analyse(self, capture: Path, into: Path) -> str:
        """See Analyst."""
        yaml = self._sensor / YAML
        arguments = ["-c", str(yaml), "-r", str(capture), "-l", str(into), "--init-errors-fatal"]
        ran = self._engine.run("suricata", arguments, [into], readable=[self._sensor, capture])
        if not ran.code:
            return errors(ran.said, yaml)
        raise failure(ran, yaml)


def version_in(said: str) -> str:
    """`This is Suricata version 7.0.10 RELEASE` → 7.0.10."""
    words = said.split()
    return words[words.index("version") + 1] if "version" in words[:-1] else ""


def failure(ran: Ran, yaml: Path) -> BadSensor | NotAnalysed:
    """Why a Suricata with this suricata.yaml ended badly: rules that are wrong, or something else."""
    if wrong := [str(each) for each in read_problems(ran.said, yaml) if each.line]:
        return BadSensor("Suricata does not take these rules:\n" + "\n".join(wrong))
    return NotAnalysed(f"Suricata ended with {ran.code}: {last_words(ran.said, yaml)}")


def last_words(said: str, yaml: Path) -> str:
    """Its errors, else the end of what it said."""
    return errors(said, yaml) or said.strip()[-400:] or "no word"
