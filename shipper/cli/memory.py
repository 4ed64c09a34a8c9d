"""Memory that threads free is memory that others may use."""

import ctypes
from contextlib import suppress

_ARENAS = -8  # mallopt(3), M_ARENA_MAX


def one_heap() -> None:
    """Call before threads are begun. glibc gives each a heap of its own, and each keeps what it frees: tens of
    megabytes, where one thread decodes what another reads and a third sends. Elsewhere this does nothing.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENAS, 1)
