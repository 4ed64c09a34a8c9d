"""What is told at the end of a backfill."""

from collections.abc import Sequence
from typing import Any

import pytest

from shipper.backfill import Report
from shipper.cli.summary import DryRun, Summary, as_json, show
from shipper.model import Sums
from shipper.opensearch.shards import ShardSum
from shipper.sources.files import Progress


def summary(sums: dict[str, Sums], *, inputs: int = 1, **given: Any) -> Summary:
    dry_run = given.pop("dry_run", None)
    told: dict[str, Any] = {"finished": True, "unchanged": (), "problems": {}, "unknown_columns": []} | given
    progress = Progress(inputs, inputs, len(told["unchanged"]), 10, 10)
    return Summary(Report(sums=sums, inputs=inputs, **told), progress, 1.0, 0, None, dry_run)


@pytest.mark.parametrize(
    ("sums", "unchanged", "said"),
    [
        ({}, ("a", "b"), "Nothing new: 2 of 2 inputs are as they were when loaded."),
        ({"a": Sums(read=5, duplicate=5)}, (), "Nothing new: 5 were stored already."),
        (
            {"a": Sums(read=5, duplicate=3, dead_lettered=2)},
            ("b",),
            "Nothing new: 3 were stored already, 2 are dead letters, 1 of 2 inputs are as they were when loaded.",
        ),
        ({"a": Sums(read=1, skipped=1)}, (), "Nothing new: there is no record in what was read."),
    ],
)
def test_nothing_new_says_why(
    sums: dict[str, Sums], unchanged: Sequence[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(summary(sums, inputs=2, unchanged=unchanged))
    out = capsys.readouterr().out
    assert said in out
    assert "all 0 inputs" not in out


@pytest.mark.parametrize(
    ("inputs", "once", "said"),
    [
        (1, (), "Not finished: run the same command again to go on."),
        (1, ("-",), "Not finished: feed standard input again from its start (what is stored is a duplicate)."),
        (2, ("-",), "run the same command again to go on, and feed standard input again from its start"),
    ],
)
def test_what_was_stopped_says_how_to_go_on(
    inputs: int, once: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(summary({"a": Sums(read=5, delivered=5)}, inputs=inputs, finished=False, once=once))
    assert said in capsys.readouterr().out


def test_a_dry_run_delivers_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show(summary({"a": Sums(read=5, delivered=5)}, dry_run=DryRun({}, frozenset(), ShardSum(1, 1000), ())))
    heading = capsys.readouterr().out.splitlines()[1]
    assert "would be written" in heading
    assert "delivered" not in heading


def test_what_was_passed_over_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = summary(
        {"a": Sums(read=9, skipped=9)}, inputs=3, other_logs={"CloudTrail": 8, "WAF": 1}, others={"b": "PNG image"}
    )
    show(found)
    printed = capsys.readouterr()
    assert "Nothing new: 9 are records of other logs, 1 of 3 inputs hold no records of this kind." in printed.out
    assert "9 records of other logs were skipped: 8 of CloudTrail, 1 of WAF" in printed.err
    assert "1 inputs hold no records of this kind, such as b (PNG image)" in printed.err
    told = as_json(found)
    assert (told["other_logs"], told["other_files"]) == ({"CloudTrail": 8, "WAF": 1}, {"b": "PNG image"})
