"""A reader that knows its place is seekable just where the one inside is."""

from io import BytesIO

from shipper.sources.inputs import is_seekable
from shipper.sources.measured import measured


class Pipe:
    """Can only be read."""

    def __init__(self) -> None:
        self.closed = False

    def read(self, size: int, /) -> bytes:
        return b"x" * min(size, 3)

    def close(self) -> None:
        self.closed = True


def test_a_file_goes_to_any_place() -> None:
    file = measured(BytesIO(b"0123456789"))
    assert is_seekable(file)
    assert (file.read(4), file.place) == (b"0123", 4)
    assert (file.seek(-2, 2), file.tell(), file.read(9), file.place) == (8, 8, b"89", 10)


def test_a_pipe_does_not() -> None:
    pipe = Pipe()
    file = measured(pipe)
    assert not is_seekable(file)
    assert (file.read(9), file.place) == (b"xxx", 3)
    file.close()
    assert pipe.closed
