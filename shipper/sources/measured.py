"""A reader that knows how far it is, from any thread; seekable where the reader inside is."""

from shipper.sources.inputs import Reader, SeekableReader, is_seekable


class Measured:
    """Reads on, and counts the bytes."""

    def __init__(self, file: Reader) -> None:
        self._file = file
        self.place = 0

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        found = self._file.read(size)
        self.place += len(found)
        return found

    def close(self) -> None:
        """Let go of the reader inside."""
        self._file.close()


class MeasuredSeekable(Measured):
    """The same where any place can be gone to."""

    def __init__(self, file: SeekableReader) -> None:
        super().__init__(file)
        self._seekable = file

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go there. Returns the place from the start."""
        self.place = self._seekable.seek(offset, whence)
        return self.place

    def tell(self) -> int:
        """The place from the start."""
        return self._seekable.tell()


def measured(file: Reader) -> Measured:
    """Around this reader, and seekable where it is."""
    return MeasuredSeekable(file) if is_seekable(file) else Measured(file)
