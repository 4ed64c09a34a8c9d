"""Addresses as text → numbers. What `ipaddress` accepts in rarer forms (IPv4 inside IPv6) is not accepted here."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.cells import Bytes, Cells, Flags, Ints, matrix, same, windows

_V4_LONGEST, _V6_LONGEST = 15, 39
_V4_ROW = _V4_LONGEST + 1
_V6_ROW = _V6_LONGEST + 1
_GROUPS = 8
_MOST_OCTET = 255
_DOT, _COLON, _ZERO = np.uint8(46), np.uint8(58), np.uint8(48)


@dataclass(frozen=True, slots=True, eq=False)
class Addresses:
    """A column of addresses. `packed` is (rows, 16) in network byte order, an IPv4 address in the last four bytes."""

    cells: Cells
    v4: Flags
    v6: Flags
    packed: Bytes

    @property
    def valid(self) -> Flags:
        """Where there is an address."""
        return self.v4 | self.v6


def addresses(cells: Cells, present: Flags) -> Addresses:
    """Which present cells are addresses, and which."""
    packed = np.zeros((len(present), 16), np.uint8)
    candidates = np.flatnonzero(present & (cells.lengths <= _V6_LONGEST))
    v4, v6 = np.zeros(len(present), np.bool_), np.zeros(len(present), np.bool_)
    good, octets = _v4(cells if len(candidates) == len(present) else cells.take(candidates))
    v4[candidates] = good
    packed[candidates, 12:] = octets * good[:, None]
    others = candidates[~good]
    if len(others):
        good, groups = _v6(cells.take(others))
        v6[others] = good
        packed[others] = groups * good[:, None]
    return Addresses(cells, v4, v6, packed)


def same_address(one: Addresses, other: Addresses) -> Flags:
    """Which rows have the same address in both, written in the same way."""
    found: Flags = one.valid & other.valid
    rows = np.flatnonzero(found)
    found[rows] = same(one.cells.take(rows), other.cells.take(rows))
    return found


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


def _v6(cells: Cells) -> tuple[Flags, Bytes]:
    """Eight groups of hexadecimal digits, or fewer and one `::` (RFC 4291 section 2.2), as (rows, 16)."""
    rows = len(cells.lengths)
    texts = matrix(cells.source, cells.starts, _V6_ROW).T
    place = np.arange(_V6_ROW)
    lengths = cells.lengths[:, None]
    delimiters = ((texts == _COLON) & (place < lengths)) | (place == lengths)
    ends = np.flatnonzero(delimiters)
    row = ends // _V6_ROW
    counts = np.bincount(row, minlength=rows)
    firsts = np.cumsum(counts) - counts
    number = np.arange(len(ends)) - firsts[row]  # of the group in its address
    begins = np.where(number > 0, np.roll(ends, 1) + 1, row * _V6_ROW)
    sizes = ends - begins
    values, hexadecimal = _hexadecimals(np.ascontiguousarray(texts).reshape(-1), ends, sizes)
    empty = sizes == 0
    last = counts[row] - 1
    good: Flags = np.bincount(row, ~hexadecimal, minlength=rows) == 0
    gaps = np.bincount(row, empty, minlength=rows).astype(np.int64)
    good &= _gaps_are_right(row, number, last, empty, gaps)
    filled = counts - gaps
    good &= np.where(gaps > 0, filled < _GROUPS, filled == _GROUPS)
    behind = np.cumsum(empty) - np.cumsum(empty)[firsts[row]] + empty[firsts[row]] > 0  # a gap stands before it
    at = np.where(behind, _GROUPS - 1 - last + number + (gaps[row] > 1) * empty[firsts[row] + last], number)
    kept = ~empty & good[row]
    groups = np.zeros((rows, _GROUPS), ">u2")
    groups[row[kept], at[kept]] = values[kept]
    return good, groups.view(np.uint8)


def _gaps_are_right(row: Ints, number: Ints, last: Ints, empty: Flags, gaps: Ints) -> Flags:
    """`::` leaves one group empty, two where it begins or ends the address, three where it is all of it."""
    rows = len(gaps)
    inner = np.bincount(row, empty & (number > 0) & (number < last), minlength=rows)
    begins, ends = (np.bincount(row, empty & (number == place), minlength=rows) > 0 for place in (0, last))
    found: Flags = (gaps == 0) | ((inner == 1) & ~(begins & ends & (gaps > 3)))
    second = np.bincount(row, empty & (number == 1), minlength=rows) > 0
    before_last = np.bincount(row, empty & (number == last - 1), minlength=rows) > 0
    return found & (~begins | second) & (~ends | before_last)


def _hexadecimals(flat: Bytes, ends: Ints, sizes: Ints) -> tuple[Ints, Flags]:
    """The values of groups of up to four digits, and which groups are such."""
    values = np.zeros(len(ends), np.int64)
    good: Flags = sizes <= 4
    for place in range(4):
        digits = _hex_values()[flat[np.maximum(ends - 1 - place, 0)]]
        inside = sizes > place
        good &= ~inside | (digits < 16)
        values += (digits * inside).astype(np.int64) << (4 * place)
    return values, good


@lru_cache(maxsize=1)
def _hex_values() -> Bytes:
    table = np.full(256, 255, np.uint8)
    for value, pair in enumerate(("00", "11", "22", "33", "44", "55", "66", "77", "88", "99",
                                  "aA", "bB", "cC", "dD", "eE", "fF")):  # fmt: skip
        for character in pair:
            table[ord(character)] = value
    return table
