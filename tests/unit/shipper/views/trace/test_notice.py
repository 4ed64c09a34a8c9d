"""What a trace tells of findings and of decisions about mirroring."""

from typing import Any

import pytest

from shipper.views.trace.connection import Connection, grouped
from shipper.views.trace.find import Trace
from shipper.views.trace.network import Interfaces
from shipper.views.trace.notice import ids, notices, subjects
from shipper.views.trace.silence import Surroundings
from shipper.views.trace.text import lines
from shipper.views.trace.witness import events, records
from trace_hits import CLIENT, at, event, record, text

OUTSIDE = ("198.51.100.9", 443)


def connection(*hits: dict[str, Any], seen: tuple[dict[str, Any], ...] = ()) -> Connection:
    return grouped(records(hits), events(seen), Interfaces())[0]


def found(seconds: float = 0, related: tuple[str, ...] = (), **own: Any) -> dict[str, Any]:
    own = {"id": "f1", "type": "Backdoor:EC2/C&CActivity.B!DNS", "severity": 8.0, "title": "It asked."} | own
    return {
        "_id": "g",
        "_source": {
            "@timestamp": text(seconds),
            "event": {"sequence": 0},
            "aws": {"guardduty": own},
            "related": {"ip": [*related]},
        },
    }


def decided(seconds: float, action: str = "mirrored", **own: Any) -> dict[str, Any]:
    own = {"reason": "finding", "finding": "f1", "dry_run": False} | own
    return {
        "_id": "d",
        "_source": {
            "@timestamp": text(seconds),
            "event": {"action": action, "reason": "everything until 08:00Z"},
            "cloud": {"instance": {"id": "i-a"}},
            "flowtap": {"decision": own, "mirror": {"eni": "eni-a", "session_id": "tms-1"}},
        },
    }


@pytest.mark.parametrize(
    ("given", "about"),
    [
        (found(eni=["eni-q", "eni-a"]), True),
        (found(eni=["eni-q"]), False),
        (found(instance=["i-a"]), True),
        (found(related=(CLIENT[0],)), False),  # another network may have it, too
        (found(related=(OUTSIDE[0],)), True),
        (found(), False),
    ],
)
def test_a_finding_is_about_a_connection_by_machine_or_by_an_address_that_is_one_machines(
    given: dict[str, Any], about: bool
) -> None:
    one = record(0, 9, ends=(CLIENT, OUTSIDE))
    one["_source"]["cloud"] = {"instance": {"id": "i-a"}}
    assert subjects(connection(one)).named(given) is about


def test_a_private_address_counts_where_nothing_else_is_known() -> None:
    unknown = connection(seen=(event(9, begin=0, mirror={"vni": 5}),))
    assert subjects(unknown).named(found(related=(CLIENT[0],)))
    known = connection(seen=(event(9, begin=0, mirror={"vni": 5, "eni": "eni-a", "session_id": "tms-1"}),))
    assert not subjects(known).named(found(related=(CLIENT[0],)))
    assert (subjects(known).interfaces, subjects(known).sessions) == ({"eni-a"}, {"tms-1"})


def test_decisions_are_asked_for_by_machine_session_and_finding() -> None:
    asked = subjects(connection(record(0, 9))).decisions(ids([found(), found(5)]))
    terms = [clause["terms"] for clause in asked["bool"]["should"]]
    assert {"flowtap.mirror.eni": ["eni-a"]} in terms
    assert {"flowtap.decision.finding": ["f1"]} in terms
    assert {"flowtap.mirror.session_id": []} in terms  # fits nothing


def test_they_stand_in_the_story_in_the_order_of_time() -> None:
    one = connection(record(0, 9))
    told = notices([found(60, eni=["eni-a"], domain="x.example", count=3)], [decided(120), decided(-5, "refused")])
    shown = list(lines(Trace(one, Surroundings(at(90_000)), Interfaces(), cut=False, notices=told)))
    story = [line for line in shown if line.startswith("2026-")]
    kinds = [line.split("  ")[1].strip() for line in story]
    assert kinds == ["mirroring", "flow log", "GuardDuty", "mirroring"]
    finding = "Backdoor:EC2/C&CActivity.B!DNS, severity 8, It asked, domain x.example, 3 times, finding f1  [eni-a]"
    assert story[2].endswith(finding)
    assert story[3].endswith("mirrored (finding): everything until 08:00Z, session tms-1, for finding f1  [i-a, eni-a]")


def test_what_was_only_tried_says_so() -> None:
    (told,) = notices([], [decided(0, dry_run=True)])
    assert told.text.endswith("dry run")
    (told,) = notices([found(sample=True, archived=True)], [])
    assert "sample, archived" in told.text
