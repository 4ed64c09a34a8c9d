"""Dead letters: nothing is forgotten that was appended, whatever crashes or runs full."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import NOW
from shipper.deadletter import DeadLetterDirectory, Torn, letter_id
from shipper.errors import CorruptState, StateUnwritable
from shipper.model import DeadLetter, Position, RecordKind

LETTER = DeadLetter(
    kind=RecordKind("flowlogs", {"format": "${srcaddr}"}),
    raw=b"2 bogus\r",
    position=Position("/logs/some.log", 4711),
    identity="IDENTITY-12c",
    ordinal=40,
    header=b"version srcaddr",
    reason="expected 14 columns",
    received_at=NOW,
    dead_at=NOW,
    index="flowtap-aws.vpcflow-2024.02",
    fragment=True,
    target="cluster/flowtap",
)


def letters(*ordinals: int, raw: bytes = b"x" * 100) -> list[DeadLetter]:
    return [replace(LETTER, ordinal=ordinal, raw=raw) for ordinal in ordinals]


def ordinals(store: DeadLetterDirectory) -> list[int]:
    return [letter.ordinal for letter in store.read()]


def segments(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


times = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (the strategy adds it)
any_letter = st.builds(
    DeadLetter,
    kind=st.builds(RecordKind, st.text(), st.dictionaries(st.text(), st.text())),
    raw=st.binary(),
    position=st.builds(Position, st.text(st.characters()), st.integers(0, 1 << 60)),
    identity=st.text("abcXYZ-_019", min_size=12, max_size=12),
    ordinal=st.integers(0, 1 << 60),
    header=st.binary(),
    reason=st.text(st.characters()),
    received_at=times,
    dead_at=times,
    index=st.text(),
    fragment=st.booleans(),
    target=st.text(),
)


@settings(max_examples=50)
@given(st.lists(any_letter, max_size=5, unique_by=lambda letter: (letter.kind.name, letter_id(letter))))
def test_what_is_appended_is_read_back_whatever_it_holds(given: list[DeadLetter]) -> None:
    with TemporaryDirectory() as directory:
        store = DeadLetterDirectory(Path(directory) / "deadletter")
        store.append(given[:2])
        store.append(given[2:])
        assert list(store.read()) == given
        assert list(DeadLetterDirectory(Path(directory) / "deadletter").read()) == given
        assert not list(store.torn())


def test_the_id_is_the_documents() -> None:
    assert letter_id(LETTER) == "IDENTITY-12c14"


def test_nothing_is_there_before_the_first_letter(tmp_path: Path) -> None:
    store = DeadLetterDirectory(tmp_path / "deadletter")
    store.append([])
    assert (list(store.read()), list(store.torn()), store.size_bytes()) == ([], [], 0)
    assert store.remove(frozenset({"x"})) == 0
    assert not (tmp_path / "deadletter").exists()


def test_a_letter_appended_twice_is_one(tmp_path: Path) -> None:
    store = DeadLetterDirectory(tmp_path)
    store.append(letters(1, 2, 1))
    store.append([replace(LETTER, ordinal=2, reason="another reason")])
    assert [(letter.ordinal, letter.reason) for letter in store.read()] == [(1, LETTER.reason), (2, LETTER.reason)]


def test_a_full_segment_is_followed_by_another(tmp_path: Path) -> None:
    store = DeadLetterDirectory(tmp_path, segment_bytes=1000)
    for number in range(12):
        store.append(letters(number))
    assert segments(tmp_path)[:3] == ["00000001.jsonl", "00000002.jsonl", "00000003.jsonl"]
    assert ordinals(store) == list(range(12))


def test_a_new_run_begins_a_new_segment(tmp_path: Path) -> None:
    DeadLetterDirectory(tmp_path).append(letters(1))
    DeadLetterDirectory(tmp_path).append(letters(2))
    assert segments(tmp_path) == ["00000001.jsonl", "00000002.jsonl"]
    assert (tmp_path / "00000001.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_line_torn_by_a_crash_is_left_out_at_every_length(tmp_path: Path) -> None:
    DeadLetterDirectory(tmp_path).append(letters(1, 2))
    path = tmp_path / "00000001.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole)):
        path.write_bytes(whole[:length])
        store = DeadLetterDirectory(tmp_path)
        assert ordinals(store) == [1]
        assert list(store.torn()) == ([Torn(path, length - first)] if length > first else [])
    store.append(letters(3))
    assert ordinals(store) == [1, 3]


def test_a_torn_line_goes_when_its_segment_is_written_anew(tmp_path: Path) -> None:
    DeadLetterDirectory(tmp_path).append(letters(1, 2, 3))
    path = tmp_path / "00000001.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    store = DeadLetterDirectory(tmp_path)
    assert store.remove(frozenset({letter_id(letters(1)[0])}), LETTER.target) == 1
    assert (ordinals(store), list(store.torn())) == ([2], [])


@pytest.mark.parametrize("bad", [b"{}\n", b"\n", b"null\n", b"[1]\n", b"\xff\n", b'{"format": 2}\n'])
def test_a_bad_line_that_no_crash_explains_stops_and_is_named(tmp_path: Path, bad: bytes) -> None:
    store = DeadLetterDirectory(tmp_path)
    store.append(letters(1))
    path = tmp_path / "00000001.jsonl"
    path.write_bytes(path.read_bytes() + bad + path.read_bytes())
    found = store.read()
    assert next(found).ordinal == 1
    with pytest.raises(CorruptState, match=f"{path}, line 2"):
        next(found)


def test_letters_that_were_removed_are_gone_and_the_others_stay(tmp_path: Path) -> None:
    store = DeadLetterDirectory(tmp_path, segment_bytes=1000)
    for number in range(9):
        store.append(letters(number))
    gone = frozenset(letter_id(letter) for letter in letters(0, 1, 2, 4))
    assert store.remove(gone, LETTER.target) == 4
    assert ordinals(store) == [3, 5, 6, 7, 8]
    assert store.remove(gone, LETTER.target) == 0
    store.append(letters(9))
    assert ordinals(DeadLetterDirectory(tmp_path)) == [3, 5, 6, 7, 8, 9]


def test_only_segments_that_held_a_removed_letter_are_written_anew(tmp_path: Path) -> None:
    for number in range(3):
        DeadLetterDirectory(tmp_path).append(letters(2 * number, 2 * number + 1))
    before = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    DeadLetterDirectory(tmp_path).remove(frozenset({letter_id(letters(3)[0])}), LETTER.target)
    after = {path.name: path.stat().st_ino for path in tmp_path.iterdir()}
    assert [name for name in sorted(before) if before[name] != after[name]] == ["00000002.jsonl"]


def test_each_store_has_its_own_letters(tmp_path: Path) -> None:
    store = DeadLetterDirectory(tmp_path)
    mine, theirs = letters(1)[0], replace(letters(1)[0], target="another/flowtap")
    store.append([mine, theirs])
    assert list(store.read()) == [mine, theirs]
    assert store.remove(frozenset({letter_id(mine)}), mine.target) == 1
    assert list(store.read()) == [theirs]


def test_letters_may_be_removed_while_they_are_read(tmp_path: Path) -> None:
    """A replay does so. The second segment holds nothing but what the first one held."""
    for appended in (letters(1, 2), letters(1), letters(3)):
        DeadLetterDirectory(tmp_path).append(appended)
    store = DeadLetterDirectory(tmp_path)
    found = store.read()
    assert next(found).ordinal == 1
    store.remove(frozenset({letter_id(letters(1)[0])}), LETTER.target)
    assert segments(tmp_path) == ["00000001.jsonl", "00000003.jsonl"]
    assert [letter.ordinal for letter in found] == [2, 3]


def test_a_crash_while_removing_leaves_whole_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(BaseException):
        pass

    def crash(_source: Path, _target: Path) -> None:
        raise Crash

    store = DeadLetterDirectory(tmp_path)
    store.append(letters(1, 2, 3))
    monkeypatch.setattr("os.replace", crash)
    with pytest.raises(Crash):
        store.remove(frozenset({letter_id(letters(1)[0])}), LETTER.target)
    assert ordinals(DeadLetterDirectory(tmp_path)) == [1, 2, 3]


def test_what_would_pass_the_quota_is_refused_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    store = DeadLetterDirectory(tmp_path, quota_bytes=3000)
    store.append(letters(1, 2))
    with pytest.raises(StateUnwritable, match=f"dead letters in {tmp_path} take .* nothing was dropped"):
        store.append(letters(*range(3, 20)))
    assert ordinals(store) == [1, 2]
    store.append(letters(3))
    assert store.size_bytes() == sum(path.stat().st_size for path in tmp_path.iterdir()) <= 3000


LITTLE_SPACE = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from shipper.deadletter import DeadLetterDirectory
from shipper.errors import StateUnwritable
letter = next(DeadLetterDirectory(Path(sys.argv[1])).read())
store = DeadLetterDirectory(Path(sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
for ordinal in range(10):
    try:
        store.append([replace(letter, ordinal=ordinal)])
    except StateUnwritable as error:
        print(ordinal, error)
"""


def test_a_write_that_fails_half_way_leaves_its_segment_whole(tmp_path: Path) -> None:
    DeadLetterDirectory(tmp_path / "one").append([LETTER])
    run = subprocess.run(
        [sys.executable, "-c", LITTLE_SPACE, str(tmp_path / "one"), str(tmp_path / "full")],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    failed = {int(line.split()[0]) for line in run.stdout.splitlines()}
    assert failed
    assert "00000001.jsonl: File too large" in run.stdout
    full = tmp_path / "full"
    store = DeadLetterDirectory(full)
    assert not list(store.torn())
    assert set(ordinals(store)) == set(range(10)) - failed


def test_a_write_that_cannot_be_taken_back_harms_no_later_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken disk: the half line stays where it is, so nothing may be appended behind it."""

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    store = DeadLetterDirectory(tmp_path)
    store.append(letters(1))
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", broken)
        patch.setattr("os.ftruncate", broken)
        with pytest.raises(StateUnwritable, match="Input/output error"):
            store.append(letters(2))
    path = tmp_path / "00000001.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    store.append(letters(3))
    assert ordinals(store) == [1, 3]


def test_a_segment_that_could_not_be_made_does_not_stand_in_the_way_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    store = DeadLetterDirectory(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("os.open", full)
        for _ in range(2):
            with pytest.raises(StateUnwritable, match="No space left on device"):
                store.append(letters(1))
    store.append(letters(2))
    assert ordinals(store) == [2]
