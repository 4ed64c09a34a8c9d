"""`trace` judged on the made world: what it says is of a connection against what is."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from integration.command import Shipper
from shipper.opensearch.client import Connection as Address
from shipper.opensearch.client import Store
from shipper.views.question import run
from shipper.views.trace.connection import Connection
from shipper.views.trace.find import Trace, candidates, story
from shipper.views.trace.target import target
from trace_world import Made, World

_AROUND = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """`documents`: those that were found and right, found at all, and to be found; `wrong`: what differs, told."""

    connections: int
    right: int
    found: int
    wanted: int
    wrong: list[str]

    @property
    def precision(self) -> float:
        """Of what was found, how much is of the connection."""
        return self.right / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """Of what is of the connection, how much was found."""
        return self.right / self.wanted


def load(shipper: Shipper, world: World, folder: Path) -> None:
    """The world's flow logs and events, with the inventory of its mirror, until they are searchable."""
    files = {
        "flow.log": world.records, "plain.log": world.plain_records, "eve.json": world.events,
        "inventory.json": [world.inventory],
    }  # fmt: skip
    for name, lines in files.items():
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    shipper("backfill", "flowlogs", folder / "flow.log", folder / "plain.log", "--json")
    inventory = f"mirror.inventory={folder / 'inventory.json'}"
    shipper("--set", inventory, "backfill", "eve", folder / "eve.json", "--vlan-is-vni", "--json")
    for dataset in ("aws.vpcflow", "suricata.*"):
        shipper.search({"size": 0}, dataset)  # all of it is searchable


def judge(shipper: Shipper, world: World, seed: int = 3) -> Judged:
    """Every connection traced by one of the ways to ask for it, and compared."""
    random = Random(seed)  # noqa: S311
    node = shipper.node
    store = Store(Address(node.url, node.username, node.password, node.ca_file))
    right = found = wanted = 0
    wrong = []
    for one in world.made:
        asked = random.choice(_ways(one))
        numbers = _numbers(traced(store, shipper.prefix, one, asked).connection)
        right, found, wanted = right + len(numbers & one.numbers), found + len(numbers), wanted + len(one.numbers)
        if numbers != one.numbers:
            more, fewer = sorted(numbers - one.numbers), sorted(one.numbers - numbers)
            wrong.append(
                f"{one.scene} by {' '.join(asked)}: {len(more)} too many {more[:5]}, {len(fewer)} missing {fewer[:5]}"
            )
    return Judged(len(world.made), right, found, wanted, wrong)


def traced(store: Store, prefix: str, one: Made, words: list[str]) -> Trace:
    """As a person would who knows when it began and in which network, of several that fit."""
    begin = datetime.fromtimestamp(one.start, UTC)
    end = begin + timedelta(seconds=one.seconds)
    fitting = run(store, prefix, candidates(target(words), begin - _AROUND, end + _AROUND)).connections
    vpcs = {leg.host.vpc for leg in one.legs}
    there = [each for each in fitting if each.network & vpcs] or fitting
    assert there, f"{one.scene}: nothing fits {words}"
    chosen = min(there, key=lambda each: abs((each.start - begin).total_seconds()))
    return run(store, prefix, story(chosen, end + timedelta(days=1)))


def _ways(one: Made) -> list[list[str]]:
    pair = [_end(one.client), _end(one.server)]
    ways = [pair, [one.client[0], one.server[0]]]
    if one.community_id:
        ways += [[one.community_id], [pair[0]]]
    return ways + [[flow_id] for flow_id in one.flow_ids]


def _end(end: tuple[str, int]) -> str:
    address, port = end
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _numbers(connection: Connection) -> set[int]:
    of_records = {each.bytes for each in connection.records}
    return of_records | {each.found["suricata"]["eve"]["pcap_cnt"] for each in connection.events}
