"""What a load of a bucket would come to, from its listing and a few of its objects. Pure; bounded memory.

In: inputs as they are listed, and what a few of them held. Out: objects, bytes, estimated records, partitions.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from random import Random

from shipper.identity import object_name
from shipper.model import Sums
from shipper.sources.inputs import Input

SAMPLED = 20
"""So many objects are read, chosen evenly among all (reservoir sampling)."""


@dataclass(slots=True)
class Listed:
    """What a listing came to. `loaded` objects were loaded before and are left out of the rest.

    `sample` are some of the others, each as likely as any. `days` are those that names tell.
    """

    objects: int = 0
    size: int = 0
    loaded: int = 0
    sample: list[Input] = field(default_factory=list)
    days: set[date] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read of it: objects that could be read, their bytes, their records by fate, and how long it took."""

    objects: int
    size: int
    sums: Sums
    seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The whole by the sample, in proportion to bytes; None where nothing could be read."""

    records: int | None
    seconds: float | None


def listed(inputs: Iterable[Input], is_loaded: Callable[[Input], bool], dice: Random, most: int = SAMPLED) -> Listed:
    """Look at every input once."""
    found = Listed()
    for item in inputs:
        if is_loaded(item):
            found.loaded += 1
            continue
        found.objects += 1
        found.size += max(item.size, 0)
        if (day := _day(item.origin)) is not None:
            found.days.add(day)
        if len(found.sample) < most:
            found.sample.append(item)
        elif (place := dice.randrange(found.objects)) < most:
            found.sample[place] = item
    return found


def estimate(found: Listed, sample: Sample) -> Estimate:
    """Records, and seconds of reading and decoding at the sample's speed."""
    if not found.objects:
        return Estimate(0, 0.0)
    if not sample.size:
        return Estimate(None, None)
    share = found.size / sample.size
    return Estimate(round(sample.sums.read * share), sample.seconds * share)


def _day(origin: str) -> date | None:
    name = object_name(origin)
    try:
        return date.fromisoformat(name.stamp[:8]) if name else None
    except ValueError:
        return None
