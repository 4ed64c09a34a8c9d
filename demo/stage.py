"""What a scene is given: the day it plays on, its own chance, how much there is of everything, and free ports."""

import math
from collections import defaultdict
from dataclasses import dataclass
from random import Random
from zlib import crc32

from demo.flow import ICMP, ICMPV6, Ends, Flow, Span, Verdict, Volume

MINUTE = 60
WINDOW = 300
HOUR = 3600
DAY = 86400

# Before and after the hour of the theft: the scan comes first, the last packet of the intruder's session comes last.
INTRUSION_BEFORE = 95 * MINUTE
INTRUSION_AFTER = 65 * MINUTE


@dataclass(frozen=True, slots=True)
class Period:
    """The story's day: [begin, end), seconds since the epoch, `end` a multiple of five minutes."""

    end: int

    @property
    def begin(self) -> int:
        """A day before the end."""
        return self.end - DAY

    @property
    def analytics_logged_from(self) -> int:
        """When the analytics VPC's flow log was made: before that, only the shop's side is recorded."""
        return self.end - 6 * HOUR

    @property
    def theft(self) -> int:
        """The full hour (UTC) nearest to 02:00 around which the whole intrusion fits into the day."""
        midnight = self.end - self.end % DAY
        hours = [day + hour * HOUR for day in (midnight - DAY, midnight) for hour in range(24)]
        fitting = [hour for hour in hours if self._holds_intrusion(hour)]
        return min(fitting, key=lambda hour: (_hours_from_two(hour), hour))

    def _holds_intrusion(self, hour: int) -> bool:
        return self.begin <= hour - INTRUSION_BEFORE and hour + INTRUSION_AFTER <= self.end


def _hours_from_two(moment: int) -> int:
    apart = abs(moment % DAY // HOUR - 2)
    return min(apart, 24 - apart)


class PortBook:
    """Ephemeral ports: no two conversations of the day have the same five-tuple (28,232 to each server port)."""

    FIRST = 32768
    LAST = 60999

    def __init__(self) -> None:
        self._taken: defaultdict[Ends, int] = defaultdict(int)

    def take(self, ends: Ends) -> int:
        """The next free client port; 0 for what has no ports."""
        if ends.protocol in {ICMP, ICMPV6}:
            return 0
        taken = self._taken[ends]
        self._taken[ends] += 1
        # From a place of its own in a stride that is coprime to the range: every port once before any comes again.
        place = crc32(f"{ends.client} {ends.server} {ends.server_port}".encode("ascii"))
        return self.FIRST + (taken * 7919 + place) % (self.LAST - self.FIRST + 1)


@dataclass(frozen=True, slots=True)
class Stage:
    """One scene's stage. `scale` 1 is the default size; `chance` is its own: scenes do not disturb each other."""

    scene: str
    period: Period
    scale: float
    chance: Random
    ports: PortBook

    def count(self, full: int) -> int:
        """How many of what there are `full` of at scale 1: at least one."""
        return max(1, round(full * self.scale))

    def any_time(self, seconds: int) -> Span:
        """A span anywhere in the day."""
        return self.between(self.period.begin, self.period.end, seconds)

    def between(self, begin: int, end: int, seconds: int) -> Span:
        """A span that lies in [begin, end)."""
        return Span(begin + int(self.chance.random() * (end - begin - seconds)), seconds)

    def by_day(self, seconds: int) -> Span:
        """A span in the day, rare at night and likely at 14:00 UTC."""
        while True:
            span = self.any_time(seconds)
            if self.chance.random() < busyness(span.start):
                return span

    def flow(
        self, ends: Ends, span: Span, request: Volume, response: Volume, verdict: Verdict = Verdict.ANSWERED
    ) -> Flow:
        """A flow of this scene, from a free port."""
        return Flow(self.scene, ends, self.ports.take(ends), span, request, response, verdict)


def busyness(moment: int) -> float:
    """0.15 at 02:00 UTC, 1 at 14:00."""
    turn = (moment % DAY - 2 * HOUR) / DAY * 2 * math.pi
    return 0.15 + 0.85 * (0.5 - 0.5 * math.cos(turn))
