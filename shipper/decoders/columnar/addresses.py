"""Addresses as text → numbers, each distinct text once, however many rows and columns of a table hold it.

What `ipaddress` accepts in rarer forms (IPv4 inside IPv6) is not accepted here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from socket import AF_INET6, inet_pton

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.cells import WORD, Bytes, Cells, Flags, Ints, windows, word_at
from shipper.decoders.columnar.distinct import distinct_numbers

_V4_LONGEST, _V6_LONGEST = 15, 39
_V4_ROW = _V4_LONGEST + 1
_V6_ROW = _V6_LONGEST + 1
_MOST_OCTET = 255
_NOWHERE = bytes(16)
_DOT, _ZERO = np.uint8(46), np.uint8(48)
_V6_ONLY = b" " + bytes(byte if chr(byte) in "0123456789abcdefABCDEF:" else ord("?") for byte in range(1, 256))
"""With any other byte, and so with a dot, nothing is an address; NULs part the texts."""


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Distinct addresses. The first stands for what is none; the others' texts differ. `packed` is (number, 16)."""

    v4: Flags
    v6: Flags
    packed: Bytes


@dataclass(frozen=True, slots=True, eq=False)
class Addresses:
    """A column of addresses. Rows have the same code where they have the same text, in all columns read together."""

    cells: Cells
    codes: Ints
    v4: Flags
    v6: Flags
    known: _Known

    @property
    def valid(self) -> Flags:
        """Where there is an address."""
        return self.codes > 0

    def packed(self, rows: Ints) -> Bytes:
        """(rows, 16) in network byte order, an IPv4 address in the last four bytes."""
        found: Bytes = self.known.packed[self.codes[rows]]
        return found


def addresses(columns: Sequence[tuple[Cells, Flags]]) -> Iterator[Addresses]:
    """For columns of one table: which of their present cells are addresses, and which."""
    if not columns:
        return
    together = Cells(
        columns[0][0].source,
        np.concatenate([cells.starts for cells, _ in columns]),
        np.concatenate([cells.lengths for cells, _ in columns]),
    )
    codes, known = _read(together, np.concatenate([present for _, present in columns]))
    begins = np.cumsum([0, *(len(present) for _, present in columns)]).tolist()
    for (cells, _), (begin, end) in zip(columns, pairwise(begins), strict=True):
        own = codes[begin:end]
        yield Addresses(cells, own, known.v4[own], known.v6[own], known)


def no_addresses(rows: int) -> Addresses:
    """A column that is not there."""
    none = np.zeros(rows, np.bool_)
    zeros = np.zeros(rows, np.int64)
    nowhere = np.zeros((1, 16), np.uint8)
    return Addresses(Cells(nowhere[0], zeros, zeros), zeros, none, none, _Known(none[:1], none[:1], nowhere))


def _read(cells: Cells, present: Flags) -> tuple[Ints, _Known]:
    codes = np.zeros(len(present), np.int64)
    short = np.flatnonzero(present & (cells.lengths <= _V4_LONGEST))
    long = np.flatnonzero(present & (cells.lengths > _V4_LONGEST) & (cells.lengths <= _V6_LONGEST))
    models = []
    known = 1
    for rows, width in ((short, _V4_ROW), (long, _V6_ROW)):
        alone, own = distinct_numbers(_words(cells.take(rows), width))
        codes[rows] = own + known
        models.append(rows[alone])
        known += len(alone)
    packed = np.zeros((known, 16), np.uint8)
    v4, v6 = np.zeros(known, np.bool_), np.zeros(known, np.bool_)
    behind = 1 + len(models[0])
    v4[1:behind], octets = _v4(cells.take(models[0]))
    packed[1:behind, 12:] = octets * v4[1:behind, None]
    others = np.flatnonzero(~v4)[1:]
    v6[others], packed[others] = _v6(_texts(cells.take(np.concatenate(models)[others - 1]), _V6_ROW))
    codes[~(v4 | v6)[codes]] = 0
    return codes, _Known(v4, v6, packed)


def _words(cells: Cells, width: int) -> list[NDArray[np.uint64]]:
    """Texts of up to `width` bytes as numbers, eight bytes each; NULs behind them."""
    masks = _behind_masks()
    places = range(0, width, WORD)
    return [word_at(cells.source, cells.starts + at) & masks[at // WORD][cells.lengths] for at in places]


def _texts(cells: Cells, width: int) -> Bytes:
    """(rows, width): texts with NULs behind them."""
    return np.stack(_words(cells, width), axis=1).view(np.uint8)


@lru_cache(maxsize=1)
def _behind_masks() -> NDArray[np.uint64]:
    """By word and length: the bytes of that word that are of a text of so many."""
    inside = np.arange(_V6_ROW) < np.arange(_V6_ROW + 1)[:, None]
    return np.ascontiguousarray((inside * np.uint8(255)).view(np.uint64).T)


def _v4(cells: Cells) -> tuple[Flags, Bytes]:
    """Dotted decimals without leading zeros, as (rows, 4). Dots and the end tell the form: there are 81."""
    ends, places, leading = _v4_forms()
    below, bit = _masks()
    texts = windows(cells.source, _V4_ROW)[cells.starts].view(np.uint8).reshape(-1, _V4_ROW)
    last = np.minimum(cells.lengths, _V4_LONGEST)
    inside, end = below[last], bit[last]
    marks = _bits(texts == _DOT) & inside | end
    form = ends[marks]
    digits = texts - _ZERO
    good: Flags = (form > 0) & (cells.lengths <= _V4_LONGEST)
    good &= (_bits(digits > 9) & inside | end) == marks
    good &= (_bits(digits == 0) & leading[form]) == 0
    digits[:, _V4_LONGEST] = 0  # where `places` look for digits that are not there
    rows = np.arange(len(form))[:, None] * _V4_ROW
    found = digits.reshape(-1)[rows + places[form]].astype(np.uint16)
    octets = found[:, :4] + found[:, 4:8] * np.uint16(10) + found[:, 8:] * np.uint16(100)
    octets *= good[:, None]
    if octets.max(initial=0) > _MOST_OCTET:
        good &= (octets <= _MOST_OCTET).all(axis=1)
    return good, octets.astype(np.uint8)


@lru_cache(maxsize=1)
def _v4_forms() -> tuple[Bytes, Ints, NDArray[np.uint16]]:
    """Form by marks; by form where ones, tens and hundreds of the four octets stand; places of leading digits."""
    _, bit = _masks()
    ends = np.zeros(1 << 16, np.uint8)
    places = np.full((82, 12), _V4_LONGEST, np.int64)
    leading = np.zeros(82, np.uint16)
    for form, lengths in enumerate(product((1, 2, 3), repeat=4), 1):
        begin = marks = 0
        for octet, length in enumerate(lengths):
            end = begin + length
            marks |= int(bit[end])
            places[form, octet : octet + 4 * length : 4] = np.arange(end - 1, begin - 1, -1)
            leading[form] |= bit[begin] if length > 1 else 0
            begin = end + 1
        ends[marks] = form
    return ends, places, leading


def _bits(flags: Flags) -> NDArray[np.uint16]:
    """(rows, 16) flags as one number a row, the first the highest."""
    return np.packbits(flags.reshape(-1)).view(">u2").astype(np.uint16)


@lru_cache(maxsize=1)
def _masks() -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """By place: the bits of all places before it, and its own."""
    place = np.arange(16)
    return (0xFFFF << (16 - place) & 0xFFFF).astype(np.uint16), (1 << (15 - place)).astype(np.uint16)


def _v6(texts: Bytes) -> tuple[Flags, Bytes]:
    """Texts with NULs behind them (RFC 4291 section 2.2), as (rows, 16)."""
    found = texts.tobytes().translate(_V6_ONLY).decode("ascii").split()
    packed = [_packed(text) for text in found]
    good = np.array([each is not None for each in packed], np.bool_)
    joined = b"".join(each or _NOWHERE for each in packed)
    return good, np.frombuffer(joined, np.uint8).reshape(-1, 16)


def _packed(text: str) -> bytes | None:
    try:
        return inet_pton(AF_INET6, text)
    except OSError:
        return None
