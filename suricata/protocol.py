"""Suricata's words on its command socket: bytes in, bytes out, no socket here.

Suricata User Guide, "Interacting via Unix Socket": JSON objects, each ended by a line end since version 0.2 of the
protocol. What answers may be no Suricata at all, so an answer is bounded and checked before it is believed.
"""

from dataclasses import dataclass

import orjson

from suricata.errors import SuricataRefused

VERSION = "0.2"
MOST_BYTES = 16 << 20
"""Of one answer. The counters of a busy sensor are some 100 KiB; a list of failed rules may be long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `ok`: "OK" rather than "NOK"; `message`: a value of any kind."""

    ok: bool
    message: object


def hello() -> bytes:
    """What a client says first. The answer is an Answer whose `ok` tells whether this version is spoken."""
    return _line({"version": VERSION})


def request(command: str, arguments: dict[str, str] | None = None) -> bytes:
    """One command."""
    return _line({"command": command, "arguments": arguments} if arguments else {"command": command})


class Lines:
    """Cuts what is received into lines, however it arrives."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = bytearray()

    def feed(self, received: bytes) -> bytes | None:
        """The first whole line, without its end, once it is there. Raises SuricataRefused for one that is too long.

        One question has one answer: what follows the line is nobody's, and refused with the next one.
        """
        self._held += received
        line, end, rest = bytes(self._held).partition(b"\n")
        if len(line) > self._most:
            raise SuricataRefused(f"what answers is no Suricata: more than {self._most:,} bytes without an end")
        if not end:
            return None
        self._held[:] = rest
        return line


def read(line: bytes) -> Answer:
    """An answer from its line. Raises SuricataRefused where it is none."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise SuricataRefused(f"what answers is no Suricata: {_shown(line)} is not JSON") from error
    if not isinstance(found, dict) or found.get("return") not in ("OK", "NOK"):
        raise SuricataRefused(f"what answers is no Suricata: {_shown(line)} says neither OK nor NOK")
    return Answer(found["return"] == "OK", found.get("message"))


def _line(value: dict[str, object]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _shown(line: bytes) -> str:
    return repr(line[:80].decode("utf-8", "replace"))
