"""The journal: whole lines or none, one holder, a memory that survives."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mirror.errors import JournalUnwritable
from mirror.response.decision import Decision
from mirror.response.journal import JournalFile
from mirror.response.telling import decision_line
from mirror_account import NOW

DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "findings.json"


@pytest.fixture
def journal(path: Path) -> Iterator[JournalFile]:
    with closing(JournalFile(path)) as journal:
        yield journal


def line(
    version: str = "a@1", action: str = "mirrored", *, days: int = 0, new: bool = True, dry_run: bool = False
) -> str:
    decision = Decision(action, "r", "w", version=version, new=new, dry_run=dry_run)  # type: ignore[arg-type]
    return decision_line(decision, NOW - days * DAY)


def test_it_remembers_what_was_done(journal: JournalFile) -> None:
    journal.append('{"event_type": "guardduty"}\n' + line())
    journal.append(line("b@1", "refused", new=False))
    journal.append(line("c@1", "failed") + line("d@1", days=2) + line("e@1", dry_run=True))
    past = journal.past(NOW, DAY)
    assert (past.seen, past.begun) == ({"a@1": NOW, "b@1": NOW}, (NOW,))


def test_a_full_file_is_put_aside_and_still_remembered(path: Path) -> None:
    with closing(JournalFile(path, most_bytes=400)) as journal:
        for number in range(3):
            journal.append(line(f"{number}@1"))
        assert path.with_name("findings.json.1").exists()
        assert len(journal.past(NOW, DAY).seen) >= 2


@pytest.mark.parametrize("size", [3, 70_000])
def test_a_line_that_a_crash_cut_is_taken_off(path: Path, size: int) -> None:
    path.write_text(line() + "x" * size)
    with closing(JournalFile(path)) as journal:
        journal.append(line("b@1"))
        assert journal.past(NOW, DAY).seen.keys() == {"a@1", "b@1"}
    assert path.read_text() == line() + line("b@1")


def test_a_second_holder_is_refused(journal: JournalFile, path: Path) -> None:
    with pytest.raises(JournalUnwritable, match="another process holds it"):
        JournalFile(path)
    journal.close()
    JournalFile(path).close()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalUnwritable, match="No such file"):
        JournalFile(tmp_path / "none" / "journal")


def test_a_journal_that_is_none_is_not_guessed_at(path: Path) -> None:
    path.write_text('{"event_type": "mirror_decision"}\n')
    with closing(JournalFile(path)) as journal, pytest.raises(JournalUnwritable, match="move the file away"):
        journal.past(NOW, DAY)
