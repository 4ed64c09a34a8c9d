"""Figures as documents: intervals add up, every leaf is in the template, nothing is too long for its keyword."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest

from fakes import NOW
from figure_samples import FULL, RUN, WAITING, paths
from shipper.figures import Figures, cut, document, health, health_of_all
from shipper.model import Sums, Traffic, Waiting
from shipper.opensearch.desired import desired

MINUTE = timedelta(seconds=60)


def test_counts_are_those_of_the_interval_and_the_rest_is_of_its_end() -> None:
    before = replace(FULL, at=NOW, sums=Sums(read=1), read_bytes=400, sent_bytes=1000, waiting=None)
    before = replace(before, traffic=Traffic(15, 2, 4, 0, 5, 400, 70, 9))
    told = document(RUN, 3, before, FULL, "running")["flowtap"]["pipeline"]
    assert told["interval_seconds"] == 60
    assert (told["records"]["read"], told["records"]["delivered"]) == (0, 2)
    assert told["bytes"] == {"read": 600, "sent": 2000}
    assert told["documents"] == {"retried": 2, "parked": 5}
    assert told["requests"] == {
        "sent": 5, "retried": 1, "throttled": 0, "split": 1, "milliseconds": 500, "milliseconds_max": 80,
    }  # fmt: skip
    assert (told["chunks"], told["memory_bytes"], told["lag_seconds"]) == ({"in_flight": 2}, 4096, 2.5)
    assert told["dead_letters"] == {"kept": 4, "bytes": 900}
    assert told["waiting"]["what"] == "HTTP 503"
    assert told["waiting"]["seconds"] == 60


@pytest.mark.parametrize(
    ("state", "waiting", "told"),
    [("running", None, "running"), ("running", WAITING, "waiting"), ("stopped", WAITING, "stopped")],
)
def test_a_running_run_that_waits_says_so(state: str, waiting: Waiting | None, told: str) -> None:
    found = document(RUN, 0, Figures(NOW), replace(FULL, waiting=waiting), state)
    assert found["flowtap"]["pipeline"]["state"] == told


def test_every_leaf_is_in_the_template_and_fits_it() -> None:
    known = desired("f").leaves["pipeline"]
    written = dict(paths(document(RUN, 0, Figures(NOW), FULL, "failed", "why " * 1000)))
    assert written.keys() <= known.keys()
    for path, value in written.items():
        for text in value if isinstance(value, list) else [value]:
            assert len(str(text)) <= known[path].get("ignore_above", 9999), path


def test_a_clock_that_was_set_back_gives_no_negative_times() -> None:
    told = document(RUN, 0, FULL, replace(FULL, at=NOW - MINUTE), "running")
    assert told["event"]["duration"] == told["flowtap"]["pipeline"]["interval_seconds"] == 0


@pytest.mark.parametrize("text", ["\udcff" * 2000, "🎉" * 2000, "short"])
def test_what_is_cut_fits_a_keyword_and_is_valid(text: str) -> None:
    assert len(cut(text).encode("utf-16-le")) <= 2 * 1024
    orjson.dumps(cut(text))


@pytest.mark.parametrize(
    ("figures", "failure", "status", "says"),
    [
        (Figures(NOW), "", 200, "ok"),
        (Figures(NOW + MINUTE, waiting=WAITING), "", 200, "waiting"),
        (Figures(NOW + 2 * MINUTE, waiting=WAITING), "", 503, "waiting"),
        (Figures(NOW + MINUTE, busy_since=NOW), "", 200, "ok"),
        (Figures(NOW + 2 * MINUTE, busy_since=NOW), "", 503, "waiting"),
        (Figures(NOW), "no permission", 503, "failed"),
    ],
)
def test_health(figures: Figures, failure: str, status: int, says: str) -> None:
    found, told = health(figures, failure, MINUTE)
    assert (found, told["status"]) == (status, says)
    if status == 503:
        assert told["what"]


def test_a_stream_that_has_ended_by_an_error_says_so_while_others_run() -> None:
    ended = replace(FULL, waiting=None, failure="access denied")
    told = document(RUN, 0, Figures(NOW), ended, "running")
    assert told["flowtap"]["pipeline"]["state"] == "failed"
    assert told["event"]["reason"] == "access denied"
    status, said = health_of_all({"a": Figures(NOW), "b": ended}, "", MINUTE)
    assert (status, said["status"], said["what"]) == (503, "failed", "access denied")
    assert [each["status"] for each in said["streams"].values()] == ["ok", "failed"]


def test_one_stream_alone_speaks_for_itself() -> None:
    assert health_of_all({"a": Figures(NOW)}, "", MINUTE) == (200, {"status": "ok"})
