"""Community ids of many flows: one SHA-1 for each distinct flow. `community_id` says what is hashed."""

import hashlib
from dataclasses import dataclass

import numpy as np

from shipper.decoders.columnar.addresses import Addresses
from shipper.decoders.columnar.cells import Bytes, Cells, Flags, Ints, fixed

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGEST_BYTES = 20
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What is hashed besides addresses. `ports` are (rows, 4): source and destination, in network byte order."""

    protocols: Ints
    ports: Bytes


def community_ids(source: Addresses, destination: Addresses, flows: Flows, wanted: Flags) -> tuple[Cells, Bytes]:
    """The ids of rows that are wanted (addresses of one family), and what was hashed as (rows, 40): equal where ids
    are."""
    contents = np.zeros((len(wanted), 40), np.uint8)
    codes = np.zeros(len(wanted), np.int64)
    texts = []
    known = 0
    for family, first, width in ((source.v4 & destination.v4, 12, 16), (source.v6 & destination.v6, 0, 40)):
        rows = np.flatnonzero(wanted & family)
        if not len(rows):
            continue
        content = _contents(source.packed[rows, first:], destination.packed[rows, first:], flows, rows)
        distinct, own = _distinct(content)
        texts.append(_texts(content[distinct]))
        codes[rows] = own + known
        contents[rows, :width] = content
        known += len(distinct)
    return fixed(np.concatenate(texts) if texts else np.zeros((1, 30), np.uint8), codes), contents


def _contents(source: Bytes, destination: Bytes, flows: Flows, rows: Ints) -> Bytes:
    """What is hashed: seed, addresses, protocol, padding, ports; the smaller address and port first."""
    size = source.shape[1]
    protocols, ports = flows.protocols[rows], flows.ports[rows]
    swap = _is_less(np.hstack((destination, ports[:, 2:])), np.hstack((source, ports[:, :2])))[:, None]
    found = np.zeros((len(rows), 2 * size + 8), np.uint8)
    found[:, 2 : 2 + size] = np.where(swap, destination, source)
    found[:, 2 + size : 2 + 2 * size] = np.where(swap, source, destination)
    found[:, 2 + 2 * size] = protocols
    found[:, 4 + 2 * size : 6 + 2 * size] = np.where(swap, ports[:, 2:], ports[:, :2])
    found[:, 6 + 2 * size :] = np.where(swap, ports[:, :2], ports[:, 2:])
    return found


def _is_less(one: Bytes, other: Bytes) -> Flags:
    """Row by row, as bytes compare."""
    rows = np.arange(len(one))
    first = (one != other).argmax(axis=1)
    found: Flags = one[rows, first] < other[rows, first]
    return found


def _distinct(contents: Bytes) -> tuple[Ints, Ints]:
    """Rows that differ from all others among them, and for each row which of these it equals.

    Rows meet in buckets of a hash table; each round settles those that equal their bucket's last.
    """
    words = np.ascontiguousarray(contents).view(np.uint64)
    mixed = np.zeros(len(contents), np.uint64)
    for word in words.T:
        mixed = (mixed ^ word) * _MULTIPLIER
        mixed ^= mixed >> np.uint64(32)
    size = 1 << max(len(contents) - 1, 1).bit_length() + 1
    equal = np.zeros(len(contents), np.int64)
    left = np.arange(len(contents))
    while len(left):
        bucket = (mixed[left] & np.uint64(size - 1)).astype(np.int64)
        table = np.empty(size, np.int64)
        table[bucket] = left
        model = table[bucket]
        settled = (words[left] == words[model]).all(axis=1)
        equal[left[settled]] = model[settled]
        left = left[~settled]
        mixed = mixed * _MULTIPLIER ^ mixed >> np.uint64(29)
    alone = equal == np.arange(len(contents))
    number = np.cumsum(alone) - 1
    return np.flatnonzero(alone), number[equal]


def _texts(contents: Bytes) -> Bytes:
    """`1:` and the base64 of each row's SHA-1: (rows, 30)."""
    width = contents.shape[1]
    joined, sha1 = contents.tobytes(), hashlib.sha1
    digests = [sha1(joined[at : at + width], usedforsecurity=False).digest() for at in range(0, len(joined), width)]
    rows = len(contents)
    padded = np.zeros((rows, _DIGEST_BYTES + 1), np.uint8)
    padded[:, :_DIGEST_BYTES] = np.frombuffer(b"".join(digests), np.uint8).reshape(rows, _DIGEST_BYTES)
    one, two, three = padded.reshape(-1, 3).T
    sextets = np.stack((one >> 2, one << 4 & 0x30 | two >> 4, two << 2 & 0x3C | three >> 6, three & 0x3F), axis=1)
    found = np.empty((rows, 30), np.uint8)
    found[:, :2] = np.frombuffer(b"1:", np.uint8)
    found[:, 2:] = np.frombuffer(_BASE64, np.uint8)[sextets].reshape(rows, 28)
    found[:, 29] = ord("=")
    return found
