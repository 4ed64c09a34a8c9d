"""Suricata's words: what is sent, and what is believed of what comes back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suricata.errors import SuricataRefused
from suricata.protocol import Answer, Lines, hello, read, request


def test_what_is_sent_is_one_json_line() -> None:
    assert hello() == b'{"version":"0.2"}\n'
    assert json.loads(request("uptime")) == {"command": "uptime"}
    assert json.loads(request("iface-stat", {"iface": 'e"\n'})) == {
        "command": "iface-stat",
        "arguments": {"iface": 'e"\n'},
    }
    assert request("iface-stat", {"iface": "a\nb"}).count(b"\n") == 1


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b'{"return":"OK"}', Answer(True, None)),
        (b'{"message":5,"return":"OK"}', Answer(True, 5)),
        (b'{"return":"NOK","message":"no"}', Answer(False, "no")),
    ],
)
def test_an_answer_is_read(line: bytes, answer: Answer) -> None:
    assert read(line) == answer


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"HTTP/1.1 400 Bad Request", b"[]", b"null", b"{}", b'{"return":"YES"}', b'{"return":["OK"]}',
     b"\xff\xfe", b"[" * 5000, b'{"return":{"OK":1}}', b"NaN"],
)  # fmt: skip
def test_what_is_no_answer_is_refused(line: bytes) -> None:
    with pytest.raises(SuricataRefused, match="no Suricata"):
        read(line)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_refused(line: bytes) -> None:
    try:
        answer = read(line)
    except SuricataRefused:
        return
    assert json.loads(line)["return"] == ("OK" if answer.ok else "NOK")


@given(st.lists(st.binary(min_size=1, max_size=5), max_size=20))
def test_a_line_is_the_same_however_it_arrives(parts: list[bytes]) -> None:
    lines = Lines()
    whole = b"".join(parts)
    for number, part in enumerate(parts):
        if (line := lines.feed(part)) is not None:
            assert line == whole.split(b"\n")[0]
            assert b"\n" not in b"".join(parts[:number])
            return
    assert b"\n" not in whole


def test_a_line_that_never_ends_is_refused() -> None:
    lines = Lines(most_bytes=100)
    assert lines.feed(b"x" * 100) is None
    with pytest.raises(SuricataRefused, match="more than 100 bytes"):
        lines.feed(b"x")
