"""What is read as one stream of bytes, wherever it is. A file, an object and a pipe differ in how they are opened."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeGuard

from shipper.errors import ConfigError

STDIN = "-"
SCHEME = "s3://"
"""What the origin of an object of a bucket begins with."""
LOG_GROUP_SCHEME = "cloudwatch://"
"""What the origin of a slice of a log group begins with."""


class Readable(Protocol):
    """What is read from: a file, a pipe."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""


class Reader(Readable, Protocol):
    """What is read from once, and let go of."""

    def close(self) -> None:
        """Let go of it."""


class SeekableReader(Reader, Protocol):
    """A reader that can go to any place, as every resumable input's can: for formats that begin at their end."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go there; `whence` as in io.IOBase.seek. Returns the place from the start."""

    def tell(self) -> int:
        """The place from the start."""


def is_seekable(reader: Reader) -> TypeGuard[SeekableReader]:
    """Whether it can go to any place. As `isinstance` of a protocol says it, which takes ten times as long."""
    return hasattr(reader, "seek") and hasattr(reader, "tell")


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `origin` names it everywhere: an absolute path in printable form, an address, or `-`.

    `open` gives a fresh reader at its start, from any thread, as often as asked for; seekable where `resumable`. It
    raises OSError, or SourceDamaged for an input that is not there or cannot be had.
    `size` in bytes is -1 where it can be read only once (a pipe): such an input is not checkpointed. `modified_ns` and
    `version` (an ETag) change when its content does.
    """

    origin: str
    open: Callable[[], Reader] = field(repr=False, compare=False)
    size: int = -1
    modified_ns: int = -1
    version: str = ""

    @property
    def resumable(self) -> bool:
        """Whether it can be read again from its start."""
        return self.size >= 0

    @property
    def title(self) -> str:
        """What it is called in a message."""
        return "standard input" if self.origin == STDIN else self.origin


def address(text: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix`. Raises ConfigError."""
    bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
    if not bucket:
        raise ConfigError(f"{text}: expected s3://bucket or s3://bucket/prefix")
    return bucket, prefix
