"""Hours as the first 13 characters of a time (`2026-03-04T05`, UTC), looked up once: where events of an hour go.

All dictionaries here are bounded, and safe for several threads.
"""

from datetime import datetime
from typing import Final

import orjson

from shipper.decoders.bulk_lines import Operation
from shipper.decoders.eve.values import second
from shipper.partition import PartitionRule

_MOST: Final = 4096
_HOUR: Final = 3_600_000_000

Partition = tuple[str, bytes]
"""An index, and what an action line for it begins with; the latter is empty where events are too old to be written."""


class Hours(dict[bytes, Partition | None]):
    """The partitions of one dataset by hour. None: no hour that can be believed, or retention begins within it.

    `oldest` is the retention's begin, in microseconds since 1970.
    """

    __slots__ = ("_oldest", "_operation", "_rule")

    def __init__(self, rule: PartitionRule, operation: Operation, oldest: int = 0) -> None:
        super().__init__()
        self._rule = rule
        self._operation = operation
        self._oldest = oldest

    def __missing__(self, hour: bytes) -> Partition | None:
        begin = SINCE_1970[hour]
        found = None
        if begin is not None and (begin >= self._oldest or begin + _HOUR <= self._oldest):
            found = self.partition(hour, begin)
        if len(self) >= _MOST:
            self.clear()
        self[hour] = found
        return found

    def partition(self, hour: bytes, since_1970: int) -> Partition:
        """That of an event of this very time; no hour is the undated partition."""
        index = self._rule.index(datetime.fromisoformat(f"{hour.decode()}:00:00+00:00") if hour else None)
        if hour and since_1970 < self._oldest:
            return index, b""
        return index, b'{"%b":{"_index":%b,"_id":"' % (self._operation.encode(), orjson.dumps(index))


class _Since1970(dict[bytes, int | None]):
    """When an hour begins, in microseconds since 1970; None for what is no hour that can be believed."""

    def __missing__(self, hour: bytes) -> int | None:
        whole = second(f"{hour.decode()}:00:00")
        if len(self) >= _MOST:
            self.clear()
        found = self[hour] = whole.since_1970 * 1_000_000 if whole and whole.text[:13].encode() == hour else None
        return found


SINCE_1970: Final = _Since1970()
IN_HOUR: Final = {b"%02d:%02d" % divmod(second, 60): second * 1_000_000 for second in range(3600)}
"""Microseconds since the hour's begin, by minute and second."""
