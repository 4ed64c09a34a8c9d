"""Lines of one form, and their documents: a pattern, and a document with gaps that the values of a line are put into.

Lines are handled by columns, one for each value: a few calls for all lines instead of many for each.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, repeat
from operator import ne, not_
from typing import Final

import orjson

from shipper.decoders.addresses import packed_address
from shipper.decoders.eve.event import mirror
from shipper.decoders.eve.hours import IN_HOUR, SINCE_1970, Hours, Partition
from shipper.decoders.initiator import initiator

Column = Sequence[bytes]


NOWHERE: Final = ("", b"")


class Made:
    """Documents of a chunk's lines, by the line's number: where each goes, the sensor its event names, its own line."""

    def __init__(self, lines: int) -> None:
        self.partitions: list[Partition] = [NOWHERE] * lines
        self.sensors = [b""] * lines
        self.documents = [b""] * lines

    def add(
        self,
        numbers: Iterable[int],
        partitions: Iterable[Partition],
        sensors: Iterable[bytes],
        documents: Iterable[bytes],
    ) -> None:
        """Documents of these lines, until one of the columns ends."""
        for number, partition, sensor, document in zip(numbers, partitions, sensors, documents, strict=False):
            self.partitions[number] = partition
            self.sensors[number] = sensor
            self.documents[number] = document


@dataclass(frozen=True, slots=True)
class Pattern:
    """Numbers are groups of the match, and behind them what is worked out from them: see `_more`.

    `dated`: the time that dates the document, of a flow its end; `span`: when the flow began, and the event's own time.
    `forward`: whether the source is the client, where that was told from the ports. `tags`: the two that are a VNI.
    """

    find: Callable[[bytes], list[tuple[bytes, ...]]]
    hours: Hours
    sensor: int
    addresses: Sequence[int]
    dated: int
    template: bytes
    order: Sequence[int]
    ports: Sequence[int]
    forward: bool | None
    macs: Sequence[int]
    tags: Sequence[int]
    span: tuple[int, int] | None

    def document(self, raw: bytes, arrived: bytes) -> bytes:
        """The document of one line, nothing if it does not fit."""
        made = Made(1)
        self.add([0], [raw], arrived, made)
        return made.documents[0]

    def add(self, numbers: Sequence[int], raws: Sequence[bytes], arrived: bytes, made: Made) -> list[int]:
        """Adds the documents of lines; gives the numbers of those that do not fit, or have values to be looked at."""
        rows = self.find(b"\n%b\n" % b"\n".join(raws))
        if len(rows) == len(raws):  # one each: all begin where a line begins, and end where one ends
            return self._add(numbers, rows, arrived, made)
        found = [self.find(b"\n%b\n" % raw) for raw in raws]
        left = list(compress(numbers, map(not_, found)))
        if len(left) < len(raws):
            left += self._add(list(compress(numbers, found)), [row for (row,) in filter(None, found)], arrived, made)
        return left

    def _add(self, numbers: Sequence[int], rows: Sequence[Sequence[bytes]], arrived: bytes, made: Made) -> list[int]:
        columns: list[Column] = list(zip(*rows, strict=True))
        partitions = list(map(self.hours.__getitem__, columns[self.dated + 1]))
        checks: list[Sequence[object]] = [partitions, *self._checked(columns)]
        more, good = self._more(columns)
        checks += good
        if not all(map(all, checks)):
            fits = list(map(all, zip(*checks, strict=True)))
            left = list(compress(numbers, map(not_, fits)))
            if any(fits):
                self._add(list(compress(numbers, fits)), list(compress(rows, fits)), arrived, made)
            return left
        values: list[Iterable[bytes]] = [*columns, repeat(arrived), *more]
        documents = map(self.template.__mod__, zip(*(values[at] for at in self.order)))  # noqa: B905 (one is endless)
        made.add(
            numbers, filter(None, partitions), columns[self.sensor] if self.sensor >= 0 else repeat(b""), documents
        )
        return []

    def _checked(self, columns: Sequence[Column]) -> list[Sequence[object]]:
        """Of each line, whether its addresses are such, and different, and its ports say who began as those learned."""
        addresses = [columns[at] for at in self.addresses]
        checks: list[Sequence[object]] = [list(map(_ADDRESSES.__getitem__, each)) for each in addresses]
        if len(addresses) == 2:
            checks.append(list(map(ne, *addresses)))
        elif addresses:
            checks.append([len({*each}) == len(each) for each in zip(*addresses, strict=True)])
        if self.forward is not None and len(self.ports) >= 2:
            one, other = (map(int, columns[at]) for at in self.ports[:2])
            checks.append(
                [initiator(0, pair, False) == ("port", self.forward) for pair in zip(one, other, strict=True)]
            )
        return checks

    def _more(self, columns: Sequence[Column]) -> tuple[list[Column], list[Sequence[object]]]:
        """How long a flow lasted, MAC addresses as ECS has them, mirror sessions; whether times can be believed."""
        more: list[Column] = [[text.upper().replace(b":", b"-") for text in columns[at]] for at in self.macs]
        if self.tags:
            tags = zip(*(map(int, columns[at]) for at in self.tags), strict=True)
            more.append([mirror_text(high << 12 | low) for high, low in tags])
        if self.span is None:
            return more, []
        start, written = self.span
        begins, ends = _since_1970(columns, start, _NEVER), _since_1970(columns, self.dated, -_NEVER)
        lasted = [end - begin for begin, end in zip(begins, ends, strict=True)]
        believed = [SINCE_1970[hour] is not None for hour in columns[written + 1]]
        return [[b"%d" % (each * 1000) for each in lasted], *more], [[each >= 0 for each in lasted], believed]


def _since_1970(columns: Sequence[Column], time: int, unbelievable: int) -> list[int]:
    """Times in microseconds, near `unbelievable` where their hour cannot be believed."""
    texts = zip(*columns[time : time + 3], strict=True)
    return [
        (SINCE_1970[hour] or unbelievable) + IN_HOUR[text[14:19]] + int(microseconds)
        for text, hour, microseconds in texts
    ]


@lru_cache(maxsize=1 << 14)
def mirror_text(vni: int) -> bytes:
    """What a document says of a mirror session, as it is written."""
    return orjson.dumps(mirror(vni))


class _Addresses(dict[bytes, bool]):
    """Whether a text is an address. A dictionary: `lru_cache` costs three times as much for bytes."""

    def __missing__(self, text: bytes) -> bool:
        if len(self) >= _MOST_ADDRESSES:
            self.clear()
        found = self[text] = packed_address(text.decode()) is not None
        return found


_MOST_ADDRESSES: Final = 1 << 16
_NEVER: Final = 1 << 62
_ADDRESSES: Final = _Addresses()
