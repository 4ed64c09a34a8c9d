"""Checkpoints: written whole, read back as they were, and never guessed at."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shipper.checkpoint import CheckpointDirectory, file_name
from shipper.errors import CorruptState, StateUnwritable
from shipper.model import Checkpoint, StreamKey

KEY = StreamKey("flowlogs", "cluster/flowtap", "/logs/some.log")
SAFE = Checkpoint(offset=1 << 40, chain="abc", records=7, done=True, size=9, modified_ns=1_700_000_000_000_000_000)


def file_of(directory: Path, key: StreamKey = KEY) -> Path:
    name = file_name(key)
    return directory / name[:2] / name


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    store = CheckpointDirectory(tmp_path / "checkpoints")
    assert store.read(KEY) is None
    store.write(KEY, Checkpoint())
    store.write(KEY, SAFE)
    assert store.read(KEY) == SAFE
    assert CheckpointDirectory(tmp_path / "checkpoints").read(KEY) == SAFE
    assert list(store.entries()) == [(KEY, SAFE)]


@pytest.mark.parametrize(
    "other",
    [
        StreamKey("eve", KEY.target, KEY.origin),
        StreamKey(KEY.kind, "another/flowtap", KEY.origin),
        StreamKey(KEY.kind, KEY.target, "/logs/other.log"),
        StreamKey(KEY.kind, KEY.target, "../../" * 80 + "\udcff\n\u2028 'x'"),
        StreamKey(KEY.kind, KEY.target, KEY.origin, (("format", "${srcaddr}"),)),
    ],
)
def test_streams_have_checkpoints_of_their_own(tmp_path: Path, other: StreamKey) -> None:
    store = CheckpointDirectory(tmp_path)
    store.write(KEY, SAFE)
    assert store.read(other) is None
    store.write(other, Checkpoint(offset=1))
    assert (store.read(KEY), store.read(other)) == (SAFE, Checkpoint(offset=1))
    assert dict(store.entries()) == {KEY: SAFE, other: Checkpoint(offset=1)}
    assert all(path.is_relative_to(tmp_path) for path in tmp_path.rglob("*"))


texts = st.text(max_size=20)


@given(texts, texts, texts, texts)
def test_only_equal_streams_share_a_file(kind: str, target: str, origin: str, other: str) -> None:
    key = StreamKey(kind.replace("\0", ""), target.replace("\0", ""), origin)
    for changed in (StreamKey(other, key.target, origin), StreamKey(key.kind, key.target, other)):
        assert (file_name(key) == file_name(changed)) == (key == changed)


def test_a_file_name_is_what_it_was() -> None:
    assert file_name(KEY) == "b53186d86de342fa44b50ef9c02d742e.json"


def test_a_forgotten_stream_begins_anew(tmp_path: Path) -> None:
    store = CheckpointDirectory(tmp_path)
    assert not store.remove(KEY)
    store.write(KEY, SAFE)
    assert store.remove(KEY)
    assert store.read(KEY) is None


def test_what_a_crash_left_beside_a_checkpoint_is_not_read(tmp_path: Path) -> None:
    store = CheckpointDirectory(tmp_path)
    store.write(KEY, SAFE)
    path = file_of(tmp_path)
    path.with_name(f".{path.name}.4242.tmp").write_bytes(b'{"format": 1, "str')
    assert store.read(KEY) == SAFE
    assert list(store.entries()) == [(KEY, SAFE)]


WHOLE: dict[str, Any] = {
    "format": 1,
    "stream": {"kind": "k", "target": "t", "origin": "o"},
    "checkpoint": {"offset": 1},
}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"format": 1, "stream": {"kind": "flow',
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"\0" * 100,
        json.dumps({**WHOLE, "checkpoint": {"offset": 1, "unheard_of": 2}}).encode(),
        json.dumps({**WHOLE, "checkpoint": None}).encode(),
        json.dumps({**WHOLE, "stream": {"kind": "k"}}).encode(),
        json.dumps({**WHOLE, "stream": ["k"]}).encode(),
        json.dumps({**WHOLE, "stream": {**WHOLE["stream"], "settings": [1]}}).encode(),
    ],
)
def test_a_torn_or_foreign_file_stops_and_is_named(tmp_path: Path, content: bytes) -> None:
    store = CheckpointDirectory(tmp_path)
    store.write(KEY, SAFE)
    file_of(tmp_path).write_bytes(content)
    with pytest.raises(CorruptState, match=f"{file_of(tmp_path)} is no checkpoint of ours"):
        store.read(KEY)
    with pytest.raises(CorruptState):
        list(store.entries())


def test_a_format_of_the_future_stops_and_says_which(tmp_path: Path) -> None:
    store = CheckpointDirectory(tmp_path)
    store.write(KEY, SAFE)
    file_of(tmp_path).write_text(json.dumps({**WHOLE, "format": 2}))
    with pytest.raises(CorruptState, match=f"{file_of(tmp_path)} has checkpoint format 2; this shipper writes 1"):
        store.read(KEY)


def test_a_checkpoint_that_cannot_be_read_stops_and_is_named(tmp_path: Path) -> None:
    file_of(tmp_path).mkdir(parents=True)
    with pytest.raises(CorruptState, match=f"{file_of(tmp_path)} cannot be read: Is a directory"):
        CheckpointDirectory(tmp_path).read(KEY)


def test_a_checkpoint_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").touch()
    with pytest.raises(StateUnwritable, match=r"checkpoints.*(Not a directory|File exists)"):
        CheckpointDirectory(tmp_path / "checkpoints").write(KEY, SAFE)
