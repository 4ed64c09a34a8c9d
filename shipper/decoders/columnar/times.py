"""Times as text: milliseconds since 1970 → ISO 8601 in UTC, milliseconds only where there are any."""

from datetime import UTC, datetime, timedelta

import numpy as np

from shipper.decoders.columnar.cells import Bytes, Cells, Ints, fixed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400
_PAIRS = b"".join(b"%02d" % number for number in range(100))
_TRIPLES = b"".join(b".%03dZ" % number for number in range(1000))


def iso(milliseconds: Ints) -> Cells:
    """The text of each time."""
    seconds, rest = np.divmod(milliseconds, 1000)
    if rest.any():
        return _with_milliseconds(seconds, rest)
    first, last = int(seconds.min(initial=0 if not len(seconds) else seconds[0])), int(seconds.max(initial=0))
    if last - first < 2 * len(seconds):  # mostly minutes to hours: each second is written once
        return fixed(_texts(np.arange(first, last + 1)), seconds - first)
    return fixed(_texts(seconds), np.arange(len(seconds)))


def _with_milliseconds(seconds: Ints, rest: Ints) -> Cells:
    texts = np.empty((len(seconds), 24), np.uint8)
    texts[:, :20] = _texts(seconds)
    rows = np.flatnonzero(rest)
    texts[rows, 19:] = np.frombuffer(_TRIPLES, np.uint8).reshape(-1, 5)[rest[rows]]
    return Cells(texts.reshape(-1), np.arange(len(seconds)) * 24, np.where(rest > 0, 24, 20))


def _texts(seconds: Ints) -> Bytes:
    """(rows, 20)."""
    pairs = np.frombuffer(_PAIRS, np.uint8).reshape(-1, 2)
    days, clock = np.divmod(seconds, _DAY)
    minutes, second = np.divmod(clock, 60)
    hour, minute = np.divmod(minutes, 60)
    texts = np.empty((len(seconds), 20), np.uint8)
    texts[:, :] = np.frombuffer(b"0000-00-00T00:00:00Z", np.uint8)
    known, codes = np.unique(days, return_inverse=True)
    dates = b"".join(f"{_EPOCH + timedelta(days=int(day)):%Y-%m-%d}".encode("ascii") for day in known)
    texts[:, :10] = np.frombuffer(dates, np.uint8).reshape(-1, 10)[codes]
    for place, part in ((11, hour), (14, minute), (17, second)):
        texts[:, place : place + 2] = pairs[part]
    return texts
