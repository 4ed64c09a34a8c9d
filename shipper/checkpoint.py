"""How far each stream is safe: one small file per stream, replaced atomically."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any

from shipper.durable import make_directory, sync_directory, unwritable, write_file
from shipper.errors import CorruptState
from shipper.model import Checkpoint, FileMark, StreamKey

FORMAT = 1


class CheckpointDirectory:
    """Checkpoints under one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, key: StreamKey) -> Checkpoint | None:
        """The stream's checkpoint, None if it has none. Raises CorruptState."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CorruptState(f"{path} cannot be read: {error.strerror}") from error
        return _parse(path, content)[1]

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        """Durable when this returns. Raises StateUnwritable."""
        path = self._path(key)
        make_directory(path.parent)
        entry = {"format": FORMAT, "stream": asdict(key), "checkpoint": _told(checkpoint)}
        write_file(path, json.dumps(entry).encode("ascii") + b"\n")

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        """The same of several, one after the other."""
        for key, checkpoint in entries:
            self.write(key, checkpoint)

    def entries(self) -> Iterator[tuple[StreamKey, Checkpoint]]:
        """All checkpoints, by file name. Raises CorruptState."""
        for path in sorted(self._directory.glob("*/*.json")):
            yield _parse(path, path.read_bytes())

    def remove(self, key: StreamKey) -> bool:
        """Forget a stream: it is read from its start again. False if there was nothing to forget."""
        path = self._path(key)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise unwritable(path, error) from error
        sync_directory(path.parent)
        return True

    def _path(self, key: StreamKey) -> Path:
        name = file_name(key)
        return self._directory / name[:2] / name


def file_name(key: StreamKey) -> str:
    """The name of a stream's checkpoint file: one that no origin can break."""
    parts = [key.kind, key.target, key.origin, *([json.dumps(key.settings)] if key.settings else [])]
    text = "\0".join(parts).encode("utf-8", "surrogateescape")
    return blake2b(text, digest_size=16, person=b"checkpoint").hexdigest() + ".json"


def _told(checkpoint: Checkpoint) -> dict[str, Any]:
    """Without what most have not."""
    told = asdict(checkpoint)
    return told if checkpoint.file else {name: value for name, value in told.items() if name != "file"}


def _checkpoint(told: dict[str, Any]) -> Checkpoint:
    file = told.pop("file", None)
    return Checkpoint(**told, file=FileMark(**file) if file else None)


def _parse(path: Path, content: bytes) -> tuple[StreamKey, Checkpoint]:
    try:
        entry = json.loads(content)
        if entry["format"] != FORMAT:
            raise CorruptState(
                f"{path} has checkpoint format {entry['format']!r}; this shipper writes {FORMAT}. Use the shipper that "
                f"wrote it, or delete the file: its stream is then read from the start, and nothing is stored twice."
            )
        stream = entry["stream"]
        settings = tuple((name, value) for name, value in stream.pop("settings", ()))
        return StreamKey(**stream, settings=settings), _checkpoint(entry["checkpoint"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorruptState(
            f"{path} is no checkpoint of ours ({error}). Delete it to read its stream from the start; "
            "nothing is stored twice."
        ) from error
