"""A capture, looked at before Suricata gets it: whether it is one, how much of it is whole, and its name by content.

In: an input, packed in any way that `compression` knows, from anywhere. Out: a plain file, which is the input's own
where that is plain. Suricata itself waits a minute before it says that a file is no capture.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import FileIO
from itertools import chain
from pathlib import Path

from mirror.capture import blocks
from mirror.errors import CaptureDamaged, NotACapture
from shipper.errors import NotRecords, SourceDamaged
from shipper.sources.compression import decompressed
from shipper.sources.inputs import Input
from suricata.settled import capture_name

# pcap-savefile(5), both byte orders: microseconds, nanoseconds, "modified"; pcapng: a section header block
_MAGICS = frozenset(
    bytes.fromhex(magic)
    for magic in ("a1b2c3d4", "d4c3b2a1", "a1b23c4d", "4d3cb2a1", "a1b2cd34", "34cdb2a1", "0a0d0d0a")
)


@dataclass(frozen=True, slots=True)
class Capture:
    """`name` is made of the content; `damage` says what of it cannot be read, mostly nothing."""

    name: str
    file: Path
    packets: int
    damage: str = ""


def examined(item: Input, folder: Path) -> Capture:
    """The capture behind an input. What has to be unpacked or fetched goes into `folder`.

    Raises NotRecords for what is none, SourceDamaged where nothing of it can be read, OSError.
    """
    reader = item.open()
    try:
        plain = Path(str(reader.name)) if isinstance(reader, FileIO) and item.resumable else None
        content = sha256()
        damage = ""
        unpacked = decompressed(reader, item.title)
        first = next(unpacked, b"")
        if first[:4] not in _MAGICS:
            raise NotRecords(f"no capture: it begins with {first[:4].hex(' ')}" if first else "empty")
        if plain is None or not _begins(plain, first[:4]):
            plain = folder / "capture"
            damage = _copy(chain([first], unpacked), plain, content.update)
        else:
            for block in chain([first], unpacked):
                content.update(block)
    finally:
        reader.close()
    packets, broken = _packets(plain, item.title)
    return Capture(capture_name(content.hexdigest()), plain, packets, damage or broken)


def _begins(file: Path, magic: bytes) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(magic)) == magic


def _copy(unpacked: Iterator[bytes], to: Path, update: Callable[[bytes], None]) -> str:
    """What ended it early."""
    with to.open("wb") as file:
        try:
            for block in unpacked:
                update(block)
                file.write(block)
        except SourceDamaged as error:
            return str(error)
    return ""


def _packets(file: Path, title: str) -> tuple[int, str]:
    """How many are whole, and what is wrong behind them."""
    count = 0
    with file.open("rb") as stream:
        try:
            for block in blocks(stream, title):
                count += len(block.starts)
        except (CaptureDamaged, NotACapture) as error:
            return count, str(error)
    return count, ""
