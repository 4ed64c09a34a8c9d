"""Community ids of many flows: one SHA-1 for each distinct flow. `community_id` says what is hashed."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shipper.decoders.columnar.addresses import Addresses
from shipper.decoders.columnar.cells import Bytes, Cells, Flags, Ints, fixed
from shipper.decoders.columnar.distinct import distinct

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGEST_BYTES = 20
_TEXT_BYTES = 30
_WORD_BYTES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """What is hashed besides addresses. `ports`: the source's above the 16 bits of the destination's."""

    protocols: Ints
    ports: Ints


def community_ids(source: Addresses, destination: Addresses, flows: Flows, wanted: Flags) -> Cells:
    """The ids of rows that are wanted (addresses of one family)."""
    rows = np.flatnonzero(wanted)
    alone, own = distinct(_keys(source.codes[rows], destination.codes[rows], flows, rows))
    models = rows[alone]
    texts = np.zeros((max(len(models), 1), _TEXT_BYTES), np.uint8)
    for family, first in ((source.v4, 12), (source.v6, 0)):
        some = np.flatnonzero(family[models])
        if len(some):
            of = models[some]
            content = _contents(source.packed(of)[:, first:], destination.packed(of)[:, first:], flows, of)
            hashed, which = distinct(content)
            texts[some] = _texts(content[hashed])[which]
    codes = np.zeros(len(wanted), np.int64)
    codes[rows] = own
    return fixed(texts, codes)


def _keys(source: Ints, destination: Ints, flows: Flows, rows: Ints) -> Bytes:
    """A flow in one direction, in 16 bytes."""
    found = np.empty((len(rows), 2), np.int64)
    found[:, 0] = source << 32 | destination
    found[:, 1] = flows.ports[rows] << 8 | flows.protocols[rows]
    return found.view(np.uint8)


def _contents(source: Bytes, destination: Bytes, flows: Flows, rows: Ints) -> Bytes:
    """What is hashed: seed, addresses, protocol, padding, ports; the smaller address and port first."""
    size = source.shape[1]
    protocols, ports = flows.protocols[rows], flows.ports[rows].astype(">u4").view(np.uint8).reshape(-1, 4)
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
    if one.shape[1] < _WORD_BYTES:
        return _words(one) < _words(other)
    rows = np.arange(len(one))
    first = (one != other).argmax(axis=1)
    found: Flags = one[rows, first] < other[rows, first]
    return found


def _words(texts: Bytes) -> NDArray[np.uint64]:
    """Up to eight bytes a row as a number that compares as they do."""
    padded = np.zeros((len(texts), _WORD_BYTES), np.uint8)
    padded[:, : texts.shape[1]] = texts
    return padded.view(">u8").reshape(-1).astype(np.uint64)


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
    found = np.empty((rows, _TEXT_BYTES), np.uint8)
    found[:, :2] = np.frombuffer(b"1:", np.uint8)
    found[:, 2:] = np.frombuffer(_BASE64, np.uint8)[sextets].reshape(rows, 28)
    found[:, 29] = ord("=")
    return found
