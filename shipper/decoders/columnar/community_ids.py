"""Community ids of many flows: one SHA-1 for each distinct flow. `community_id` says what is hashed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.addresses import Addresses
from shipper.decoders.columnar.cells import Bytes, Cells, Flags, Ints, fixed
from shipper.decoders.columnar.distinct import distinct_numbers

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGEST_BYTES = 20
_TEXT_BYTES = 30
_PORT, _ONE_PORT = np.uint64(16), np.uint64(0xFFFF)

Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What is hashed besides addresses. `ports`: the source's above the 16 bits of the destination's."""

    protocols: Ints
    ports: Ints


def community_ids(source: Addresses, destination: Addresses, flows: Flows, wanted: Flags) -> Cells:
    """The ids of rows that are wanted (addresses of one family)."""
    rows = np.flatnonzero(wanted)
    alone, own = distinct_numbers(_keys(source.codes[rows], destination.codes[rows], flows, rows))
    models = rows[alone]
    texts = np.zeros((max(len(models), 1), _TEXT_BYTES), np.uint8)
    for family, contents in ((source.v4, _v4_contents), (source.v6, _v6_contents)):
        some = np.flatnonzero(family[models])
        if len(some):
            numbers = contents(source, destination, flows, models[some])
            hashed, which = distinct_numbers(numbers)
            texts[some] = _texts(np.stack([each[hashed] for each in numbers], axis=1).view(np.uint8))[which]
    codes = np.zeros(len(wanted), np.int64)
    codes[rows] = own
    return fixed(texts, codes)


def _keys(source: Ints, destination: Ints, flows: Flows, rows: Ints) -> list[Numbers]:
    """A flow in one direction, in two numbers."""
    other = flows.ports[rows] << 8 | flows.protocols[rows]
    return [(source << 32 | destination).view(np.uint64), other.view(np.uint64)]


# What is hashed, in numbers of eight bytes: seed, addresses, protocol, padding, ports; the smaller end first.


def _v4_contents(source: Addresses, destination: Addresses, flows: Flows, rows: Ints) -> list[Numbers]:
    ports = flows.ports[rows].view(np.uint64)
    one = _v4_numbers(source, rows) << _PORT | ports >> _PORT
    other = _v4_numbers(destination, rows) << _PORT | ports & _ONE_PORT
    low, high = np.minimum(one, other), np.maximum(one, other)
    first = low & ~_ONE_PORT | high >> np.uint64(32)
    second = high >> _PORT << np.uint64(48) | flows.protocols[rows].view(np.uint64) << np.uint64(40)
    return [first.byteswap(), (second | (low & _ONE_PORT) << _PORT | high & _ONE_PORT).byteswap()]


def _v4_numbers(addresses: Addresses, rows: Ints) -> Numbers:
    return addresses.packed(rows)[:, 12:].copy().view(">u4").reshape(-1).astype(np.uint64)


def _v6_contents(source: Addresses, destination: Addresses, flows: Flows, rows: Ints) -> list[Numbers]:
    one, other = source.packed(rows), destination.packed(rows)
    ports = flows.ports[rows].astype(">u4").view(np.uint8).reshape(-1, 4)
    swap = _is_less(np.hstack((other, ports[:, 2:])), np.hstack((one, ports[:, :2])))[:, None]
    found = np.zeros((len(rows), 40), np.uint8)
    found[:, 2:18] = np.where(swap, other, one)
    found[:, 18:34] = np.where(swap, one, other)
    found[:, 34] = flows.protocols[rows]
    found[:, 36:38] = np.where(swap, ports[:, 2:], ports[:, :2])
    found[:, 38:] = np.where(swap, ports[:, :2], ports[:, 2:])
    return [np.ascontiguousarray(column) for column in found.view(np.uint64).T]


def _is_less(one: Bytes, other: Bytes) -> Flags:
    """Row by row, as bytes compare."""
    rows = np.arange(len(one))
    first = (one != other).argmax(axis=1)
    found: Flags = one[rows, first] < other[rows, first]
    return found


@lru_cache(maxsize=1)
def _sha1() -> Callable[[bytes], "hashlib._Hash"]:
    """hashlib's; with a word that takes time only where it is refused without: that it protects nothing (FIPS)."""
    try:
        hashlib.sha1(b"")  # noqa: S324  (Community ID v1 prescribes it)
    except ValueError:
        return partial(hashlib.sha1, usedforsecurity=False)
    return hashlib.sha1


def _texts(contents: Bytes) -> Bytes:
    """`1:` and the base64 of each row's SHA-1: (rows, 30)."""
    width = contents.shape[1]
    joined, sha1 = contents.tobytes(), _sha1()
    digests = [sha1(joined[at : at + width]).digest() for at in range(0, len(joined), width)]
    rows = len(contents)
    padded = np.zeros((rows, _DIGEST_BYTES + 1), np.uint8)
    padded[:, :_DIGEST_BYTES] = np.frombuffer(b"".join(digests), np.uint8).reshape(rows, _DIGEST_BYTES)
    one, two, three = padded.reshape(-1, 3).T
    sextets = np.stack((one >> 2, one << 4 & 0x30 | two >> 4, two << 2 & 0x3C | three >> 6, three & 0x3F), axis=1)
    found = np.empty((rows, _TEXT_BYTES), np.uint8)
    found[:, :2] = np.frombuffer(b"1:", np.uint8)
    found[:, 2:] = np.frombuffer(_BASE64, np.uint8)[sextets].reshape(rows, 28)
    found[:, 29] = ord("=")
    return found
