"""`shipper deadletter …` on letters that lie in a state directory."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import NOW
from shipper.cli.main import run
from shipper.deadletter import DeadLetterDirectory, letter_id
from shipper.model import DeadLetter, Position, RecordKind

LETTER = DeadLetter(
    kind=RecordKind("flowlogs"),
    raw=b"2 bogus \x1b[2J",
    position=Position("/logs/some.log", 4711),
    identity="-DENTITY-12c",
    ordinal=40,
    header=b"",
    reason="expected 14 columns " + "x" * 200,
    received_at=NOW,
    dead_at=NOW,
    target="cluster/flowtap",
)

Shipper = Callable[..., int]


@pytest.fixture
def letters(tmp_path: Path) -> DeadLetterDirectory:
    return DeadLetterDirectory(tmp_path / "deadletter")


@pytest.fixture
def shipper(tmp_path: Path) -> Shipper:
    state = ["--set", f"state.directory={tmp_path}", "--set", "watch.dead_letter_summaries=false"]
    return lambda *arguments: run([*state, "deadletter", *arguments])


def test_an_id_may_begin_with_a_dash(
    shipper: Shipper, letters: DeadLetterDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    letters.append([LETTER])
    assert shipper("show", letter_id(LETTER)) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["id"], found["store"]) == (letter_id(LETTER), "cluster/flowtap")
    assert shipper("show", letter_id(LETTER), "--raw") == 0
    assert shipper("show", "--raw", letter_id(LETTER)) == 0


def test_a_list_can_be_read_on_a_narrow_terminal(
    shipper: Shipper, letters: DeadLetterDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    letters.append([replace(LETTER, ordinal=ordinal) for ordinal in range(3)])
    assert shipper("list", "--limit", "1") == 0
    assert capsys.readouterr().out.splitlines() == [
        "3 dead letters, the oldest 1 of them:",
        "",
        "-DENTITY-12c0  flowlogs for cluster/flowtap",
        "  /logs/some.log at byte 4,711",
        f"  {LETTER.reason}",
        "  2 bogus \\x1b[2J",
    ]


def test_what_is_purged_goes_from_the_store_that_was_meant_only(shipper: Shipper, letters: DeadLetterDirectory) -> None:
    other = replace(LETTER, target="another/flowtap", reason="another reason")
    letters.append([LETTER, other])
    assert shipper("purge", "--yes", "--reason", "expected") == 0
    assert list(letters.read()) == [other]
