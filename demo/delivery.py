"""The day as flow-log objects, named and laid out as AWS delivers them. Pure: nothing is written here."""

import gzip
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from random import Random

from demo import network as cast
from demo.network import Interface
from demo.records import (
    CUSTOM_HEADER,
    DEFAULT_HEADER,
    Record,
    custom_format,
    default_format,
    records,
    sightings,
    without_flows,
)
from demo.stage import MINUTE, WINDOW, Period, PortBook, Stage
from demo.story import flows
from demo.truth import Story, Truth

TELLING = 3
"""Raise it when the same arguments tell another story: kept folders are then told anew."""

DEFAULT_SEED = 20
DEFAULT_RECORDS = 150_000
RECORDS_AT_ANY_SCALE = 2_000  # NODATA and the theft, about
RECORDS_PER_SCALE = 148_000  # measured at scale 1
SKIPPED = 9

MAX_RECORDS_PER_OBJECT = 800
"""AWS starts another object in the same window when one grows large; ours do so in the busy hours."""

FORMATS: dict[str, tuple[str, Callable[[Record], str]]] = {
    cast.SHOP.flow_log_id: (CUSTOM_HEADER, custom_format),
    cast.ANALYTICS.flow_log_id: (DEFAULT_HEADER, default_format),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What decides every byte of the day."""

    end: int
    seed: int = DEFAULT_SEED
    records: int = DEFAULT_RECORDS
    telling: int = TELLING

    @property
    def period(self) -> Period:
        """The day that ends at the last full five minutes."""
        return Period(self.end - self.end % WINDOW)

    @property
    def scale(self) -> float:
        """1 gives about the default number of records."""
        return (self.records - RECORDS_AT_ANY_SCALE) / RECORDS_PER_SCALE


@dataclass(frozen=True, slots=True)
class DeliveredObject:
    """One object: its key below the bucket, and its bytes."""

    key: str
    body: bytes


class Delivery:
    """Gathers records by flow log and five-minute window of their end, counting as it goes."""

    def __init__(self, period: Period) -> None:
        self.truth = Truth()
        self._period = period
        self._windows: defaultdict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
        self._awake: set[tuple[str, int]] = set()

    def add(self, interface: Interface, record: Record) -> None:
        """Record it, unless its flow log was not there yet."""
        if record.start < self._logged_from(interface):
            return
        flow_log_id = interface.subnet.vpc.flow_log_id
        window = record.end - record.end % WINDOW
        self._windows[flow_log_id, window].append((record.end, FORMATS[flow_log_id][1](record)))
        self._awake.add((interface.eni, window))
        self.truth.add_record(record, flow_log_id)

    def add_silence(self) -> None:
        """One NODATA minute for each window in which an interface saw nothing (AWS says so every minute)."""
        for number, interface in enumerate(cast.INTERFACES):
            for window in range(self._logged_from(interface), self._period.end, WINDOW):
                if (interface.eni, window) not in self._awake:
                    self.add(interface, without_flows(interface, window + number % 5 * MINUTE, "NODATA"))

    def objects(self) -> Iterator[DeliveredObject]:
        """The objects, by flow log and time. Windows are given up as they are written: memory shrinks."""
        for flow_log_id, window in sorted(self._windows):
            lines = [line for _, line in sorted(self._windows.pop((flow_log_id, window)), key=lambda entry: entry[0])]
            for first in range(0, len(lines), MAX_RECORDS_PER_OBJECT):
                yield delivered_object(flow_log_id, window, lines[first : first + MAX_RECORDS_PER_OBJECT])

    def _logged_from(self, interface: Interface) -> int:
        in_shop = interface.subnet.vpc == cast.SHOP
        return self._period.begin if in_shop else self._period.analytics_logged_from


def delivered_object(flow_log_id: str, window: int, lines: Iterable[str]) -> DeliveredObject:
    """Amazon VPC User Guide, "Flow log files". The name's hash is the content's: other bytes, another object."""
    content = "\n".join((FORMATS[flow_log_id][0], *lines, "")).encode("ascii")
    begin = datetime.fromtimestamp(window, UTC)
    folder = f"AWSLogs/{cast.ACCOUNT}/vpcflowlogs/{cast.REGION}/{begin:%Y/%m/%d}"
    digest = blake2b(content, digest_size=4).hexdigest()
    name = f"{cast.ACCOUNT}_vpcflowlogs_{cast.REGION}_{flow_log_id}_{begin:%Y%m%dT%H%MZ}_{digest}.log.gz"
    return DeliveredObject(f"{folder}/{name}", gzip.compress(content, mtime=0))


def tell(request: Request) -> Delivery:
    """The whole day, recorded and counted."""
    delivery = Delivery(request.period)
    nat_ports = PortBook()
    for flow in flows(request.period, request.seed, request.scale):
        delivery.truth.add_flow(flow)
        for sighting in sightings(flow, nat_ports):
            for record in records(flow, sighting):
                delivery.add(sighting.interface, record)
    for interface, record in skipped(request):
        delivery.add(interface, record)
    delivery.add_silence()
    return delivery


def skipped(request: Request) -> Iterator[tuple[Interface, Record]]:
    """A few busy minutes in which a load balancer's records were lost."""
    chance = Random(f"{request.seed} skipped")  # noqa: S311 - a story that can be told again, not a secret
    stage = Stage("skipped", request.period, request.scale, chance, PortBook())
    for _ in range(SKIPPED):
        interface = chance.choice(cast.LOAD_BALANCERS)
        start = stage.by_day(MINUTE).start
        yield interface, without_flows(interface, start - start % MINUTE, "SKIPDATA")


def story(request: Request, delivery: Delivery, objects: int) -> Story:
    """What `story.json` says."""
    return {
        "seed": request.seed,
        "telling": request.telling,
        "objects": objects,
        **delivery.truth.story(request.period),
    }
