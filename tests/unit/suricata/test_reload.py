"""A reload is believed when Suricata's own clock of it has moved, and told with what was left out."""

from typing import Any

import pytest

from suricata.counters import read_counters
from suricata.errors import SuricataRefused, SuricataSilent
from suricata.protocol import Answer
from suricata.reload import FailedRule, reload


class Suricata:
    """As measured on 7.0.10. `reloads`: whether it does what it says; `by_command`: whether the command may."""

    def __init__(self, *, reloads: bool = True, by_command: bool = True, failed: Any = ()) -> None:
        self.reloads = reloads
        self.by_command = by_command
        self.answers: dict[str, Any] = {
            "ruleset-stats": [{"id": 0, "rules_loaded": 3, "rules_failed": len(failed), "rules_skipped": 1}],
            "ruleset-failed-rules": list(failed),
            "uptime": 12,
            "version": "7.0.10 RELEASE",
            "iface-list": {"count": 1, "ifaces": ["eth0"]},
            "iface-stat": {"pkts": 9, "drop": 2},
        }
        self._times = 0
        self._asked_since = 0
        self._due = False

    def ask(self, command: str, **arguments: str) -> Answer:
        del arguments
        if command == "ruleset-reload-rules":
            if self.by_command:
                self._load()
            return Answer(self.by_command, "done" if self.by_command else "not possible")
        if command == "ruleset-reload-time":
            self._asked_since += 1
            if self._due and self._asked_since > 2:  # it takes its time
                self._times, self._due = self._times + 1, False
            return Answer(True, [{"id": 0, "last_reload": f"time {self._times}"}])
        if command not in self.answers:
            return Answer(False, "stats not yet synchronized")
        return Answer(True, self.answers[command])

    def signal_reload(self) -> None:
        self._load()

    def _load(self) -> None:
        self._due, self._asked_since = self.reloads, 0


def no_wait(seconds: float) -> None:
    del seconds


def test_a_reload_tells_what_is_in_force() -> None:
    failed = [{"tenant_id": 0, "rule": "alert x", "filename": "a.rules", "line": 3}]
    found = reload(Suricata(failed=failed), no_wait)
    assert (found.how, found.loaded, found.skipped, found.at) == ("command", 3, 1, "time 1")
    assert found.failed == (FailedRule("a.rules", 3, "alert x"),)


def test_where_the_command_may_not_a_signal_does_it() -> None:
    assert reload(Suricata(by_command=False), no_wait).how == "signal"


def test_done_is_not_believed() -> None:
    waited: list[float] = []
    with pytest.raises(SuricataRefused, match="goes on with the old ones"):
        reload(Suricata(reloads=False), waited.append, timeout_seconds=0.1, patience_seconds=0.1)
    assert waited


@pytest.mark.parametrize("nonsense", [None, "x", 5, {"a": 1}, ["x"], [None]])
def test_nonsense_is_refused(nonsense: object) -> None:
    suricata = Suricata()
    suricata.answers["ruleset-failed-rules"] = nonsense
    with pytest.raises(SuricataRefused, match="something else than a list"):
        reload(suricata, no_wait)


def test_what_it_does_not_know_is_told() -> None:
    suricata = Suricata()
    del suricata.answers["ruleset-stats"]
    with pytest.raises(SuricataSilent, match="ruleset-stats"):
        reload(suricata, no_wait)


def test_before_the_first_interval_there_are_interfaces_only() -> None:
    found = read_counters(Suricata())
    assert (found.tree, found.figures, found.uptime_seconds) == ({}, {}, 12)
    assert [(each.name, each.packets, each.drops) for each in found.interfaces] == [("eth0", 9, 2)]


def test_memcap_hits_are_counted_once_and_pressure_is_none() -> None:
    suricata = Suricata()
    suricata.answers["dump-counters"] = {
        "capture": {"kernel_packets": 10, "kernel_drops": 1},
        "tcp": {"ssn_memcap_drop": 2, "segment_memcap_drop": 3, "memuse": 99},
        "flow": {"memcap": 4, "total": 8},
        "http": {"memcap": 0},
        "memcap_pressure": 50,
        "memcap_pressure_max": 60,
        "detect": {"engines": [{"id": 0}], "alert": 6},
        "threads": {"W#01": {"tcp": {"ssn_memcap_drop": 2, "segment_memcap_drop": 3}}},
    }
    figures = read_counters(suricata).figures
    assert figures == {"packets": 10, "kernel_drops": 1, "flows": 8, "alerts": 6, "memcap_hits": 9}


@pytest.mark.parametrize("nonsense", [None, "x", [1], {"ifaces": 3}, {"pkts": "x"}])
def test_figures_that_are_none_are_left_out(nonsense: object) -> None:
    suricata = Suricata()
    suricata.answers |= {"dump-counters": nonsense, "iface-list": nonsense}
    found = read_counters(suricata)
    assert (found.uptime_seconds, found.interfaces) == (12, ())
    assert set(found.figures) <= {"memcap_hits"}


@pytest.mark.parametrize(
    ("command", "nonsense", "kind"), [("uptime", "x", SuricataRefused), ("iface-stat", ["x"], SuricataSilent)]
)
def test_answers_that_cannot_be_are_refused(command: str, nonsense: object, kind: type[Exception]) -> None:
    suricata = Suricata()
    suricata.answers[command] = nonsense
    with pytest.raises(kind):
        read_counters(suricata)
