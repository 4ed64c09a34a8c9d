"""What a sensor has seen and missed, by its command socket: `iface-stat` (now), `dump-counters` (once an interval)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from suricata.control import Control
from suricata.errors import SuricataRefused, SuricataSilent


@dataclass(frozen=True, slots=True)
class Interface:
    """Since the start. `drops`: packets that the kernel threw away because Suricata was busy."""

    name: str
    packets: int
    drops: int


@dataclass(frozen=True, slots=True)
class Counters:
    """Since the start. `tree` is everything Suricata counts, empty before its first interval of statistics."""

    version: str
    uptime_seconds: int
    interfaces: tuple[Interface, ...]
    tree: Mapping[str, object] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, int]:
        """The ones that tell whether the sensor is well; those that are not counted yet are left out."""
        found = {name: value for name, path in _FIGURES.items() if (value := _at(self.tree, path)) is not None}
        totals = {key: value for key, value in self.tree.items() if key != "threads"}  # the same again, for each thread
        hits = [value for path, value in _leaves(totals) if "memcap" in path[-1] and "pressure" not in path[-1]]
        return found | ({"memcap_hits": sum(hits)} if self.tree else {})


_FIGURES: dict[str, tuple[str, ...]] = {
    "packets": ("capture", "kernel_packets"),
    "kernel_drops": ("capture", "kernel_drops"),
    "decoded_packets": ("decoder", "pkts"),
    "decoded_bytes": ("decoder", "bytes"),
    "invalid_packets": ("decoder", "invalid"),
    "flows": ("flow", "total"),
    "alerts": ("detect", "alert"),
    "alerts_suppressed": ("detect", "alerts_suppressed"),
    "reassembly_gaps": ("tcp", "reassembly_gap"),
}


def read_counters(control: Control) -> Counters:
    """Ask for all of it. Raises what `Control.ask` raises."""
    answer = control.ask("dump-counters")
    # NOK before the first interval is over: nothing is wrong, there is nothing yet.
    tree = answer.message if answer.ok and isinstance(answer.message, dict) else {}
    uptime = control.ask("uptime").message
    if not isinstance(uptime, int):
        raise SuricataRefused(f"Suricata answers uptime with something else than seconds: {str(uptime)[:200]}")
    return Counters(str(control.ask("version").message), uptime, tuple(_interfaces(control)), tree)


def _interfaces(control: Control) -> Iterator[Interface]:
    listed = control.ask("iface-list")
    names = listed.message.get("ifaces") if listed.ok and isinstance(listed.message, dict) else ()
    for name in names if isinstance(names, list) else ():
        answer = control.ask("iface-stat", iface=str(name))
        if not answer.ok or not isinstance(answer.message, dict):
            raise SuricataSilent(f"Suricata does not know its interface {name} any more: {str(answer.message)[:200]}")
        yield Interface(str(name), _at(answer.message, ("pkts",)) or 0, _at(answer.message, ("drop",)) or 0)


def _at(tree: Mapping[str, object], path: tuple[str, ...]) -> int | None:
    found: object = tree
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, int) else None


def _leaves(tree: Mapping[str, object], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, key))
        elif isinstance(value, int):
            yield (*above, key), value
