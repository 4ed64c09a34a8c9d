"""Why a witness is silent, each reason."""

from datetime import timedelta
from typing import Any

import pytest

from shipper.views.trace.connection import Connection, grouped
from shipper.views.trace.network import Interfaces
from shipper.views.trace.silence import Surroundings, reasons
from shipper.views.trace.witness import events, records
from trace_hits import at, event, record

LATER = at(86_400)
THEN = {"newest_event": at(0), "oldest_event": at(0), "events": 5}


def logged(**given: Any) -> Connection:
    return grouped(records([record(0, 9, **given)]), [], Interfaces())[0]


def seen(**given: Any) -> Connection:
    return grouped([], events([event(9, begin=0, **given)]), Interfaces())[0]


@pytest.mark.parametrize(
    ("connection", "around", "said"),
    [
        (logged(action="reject"), {"events": 5}, "refused traffic is never mirrored"),
        (logged(), {}, "no event of it is loaded"),
        (logged(), {"oldest_event": at(-9e4), "newest_event": at(-8e4)}, "no sensor said anything at that time"),
        (logged(), THEN, "their interfaces are not mirrored"),
        (logged(), THEN | {"events_of_either": 2}, "it still goes on"),
        (seen(), {}, "none are loaded"),
        (seen(), {"now": at(60), "newest_record": at(-9)}, "they lag by up to ten minutes; ask again later"),
        (seen(), {"newest_record": at(5)}, "the newest record is of 2026-11-17 06:00:05"),
        (seen(), {"newest_record": at(900)}, "no record of any interface is of that time"),
        (seen(), {"newest_record": at(900), "records": 7}, "no flow log covers them"),
        (seen(), {"newest_record": at(900), "records": 7, "of_either": 1}, "none has this connection"),
        (seen(), {"newest_record": at(900), "records": 7}, "No record of that time has pkt-srcaddr"),
        (seen(mirror={"vni": 5}), {"newest_record": at(900)}, "VNI unknown: no inventory entry says whose packets 5"),
        (seen(kind="alert"), {"newest_record": at(900)}, "no flow event"),
        (logged(), {"now": at(60)}, "Flow logs may be incomplete"),
        (logged(), {"gaps": [("SKIPDATA", "eni-a"), ("NODATA", "eni-q")]}, "SKIPDATA at eni-a. NODATA"),
        (seen(), {"gaps": [("NODATA", "eni-q")]}, "NODATA at eni-q"),
    ],
)  # fmt: skip
def test_each_silence_has_its_reason(connection: Connection, around: dict[str, Any], said: str) -> None:
    told = " ".join(reasons(connection, Surroundings(**{"now": LATER, **around})))
    assert said in told


def test_where_both_speak_nothing_is_said() -> None:
    hits = [record(0, 9)], [event(9, begin=0)]
    (both,) = grouped(records(hits[0]), events(hits[1]), Interfaces())
    newest, quiet = LATER - timedelta(hours=1), (("NODATA", "eni-a"),)
    around = Surroundings(LATER, newest, records=5, of_either=2, gaps=quiet, events=4, events_of_either=2)
    assert reasons(both, around) == []
