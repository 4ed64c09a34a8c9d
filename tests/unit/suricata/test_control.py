"""The command socket's client against servers that behave and servers that do not; suricatasc in a container."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from suricata.control import ContainerControl, SocketControl, find_control
from suricata.errors import SuricataError, SuricataMissing, SuricataRefused, SuricataSilent
from suricata.protocol import Answer

OK = b'{"return":"OK"}\n'


@contextmanager
def server(path: Path, behave: Callable[[socket.socket], None]) -> Iterator[Path]:
    """Accepts one connection and behaves."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    listening.settimeout(20)

    def serve() -> None:
        try:
            link, _ = listening.accept()
            with link:
                link.settimeout(20)
                behave(link)
        except OSError:  # the client has left, as it may
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield path
    finally:
        thread.join()
        listening.close()


def says(*answers: bytes) -> Callable[[socket.socket], None]:
    """One answer for each line that comes."""

    def behave(link: socket.socket) -> None:
        for answer in answers:
            received = b""
            while not received.endswith(b"\n"):
                received += link.recv(1000)
            link.sendall(answer)

    return behave


def byte_by_byte(link: socket.socket) -> None:
    for answer in (OK, b'{"message":{"a":[1,2]},"return":"OK"}\n'):
        link.recv(1000)
        for byte in answer:
            link.sendall(bytes([byte]))


def drip_for_ever(link: socket.socket) -> None:
    tick = threading.Event()
    while True:
        link.sendall(b"x")
        tick.wait(0.02)


def flood(link: socket.socket) -> None:
    while True:
        link.sendall(b"x" * 65536)


def silent(link: socket.socket) -> None:
    while link.recv(1000):
        pass


def hangs_up(link: socket.socket) -> None:
    link.recv(10)


def test_a_question_is_answered(tmp_path: Path) -> None:
    with server(tmp_path / "s", says(OK, b'{"message":42,"return":"OK"}\n')) as path:
        assert SocketControl(path).ask("uptime") == Answer(True, 42)


def test_an_answer_may_come_in_any_pieces(tmp_path: Path) -> None:
    with server(tmp_path / "s", byte_by_byte) as path:
        assert SocketControl(path).ask("x").message == {"a": [1, 2]}


def test_a_long_answer_is_read_whole(tmp_path: Path) -> None:
    rows = b",".join(b'{"n":%d}' % number for number in range(100_000))
    with server(tmp_path / "s", says(OK, b'{"message":[' + rows + b'],"return":"OK"}\n')) as path:
        message = SocketControl(path).ask("dump-counters").message
    assert isinstance(message, list)
    assert len(message) == 100_000


def test_no_is_an_answer(tmp_path: Path) -> None:
    with server(tmp_path / "s", says(OK, b'{"message":"x","return":"NOK"}\n')) as path:
        assert SocketControl(path).ask("x") == Answer(False, "x")


@pytest.mark.parametrize(
    ("behave", "kind", "what"),
    [
        (silent, SuricataSilent, "no answer within"),
        (drip_for_ever, SuricataSilent, "no answer within"),
        (hangs_up, SuricataSilent, "s: "),
        (flood, SuricataRefused, "without an end"),
        (says(b"HTTP/1.1 400\r\n"), SuricataRefused, "no Suricata"),
        (says(b'{"return":"NOK"}\n'), SuricataRefused, "version 0.2"),
        (says(OK, b"{}\n"), SuricataRefused, "no Suricata"),
        (says(OK), SuricataSilent, "s: "),
    ],
)
def test_a_server_that_misbehaves_is_left_in_time(
    tmp_path: Path, behave: Callable[[socket.socket], None], kind: type[SuricataError], what: str
) -> None:
    # A flood is answered by its size, which takes longer to come than the others' time.
    patience = 20.0 if behave is flood else 0.5
    with server(tmp_path / "s", behave) as path, pytest.raises(kind, match=what):
        SocketControl(path, patience).ask("uptime")


def test_where_nobody_listens_it_says_which_socket(tmp_path: Path) -> None:
    with pytest.raises(SuricataMissing, match=r"suricata\.socket"):
        SocketControl(tmp_path / "none").ask("uptime")


def test_a_signal_goes_to_the_process_that_listens(tmp_path: Path) -> None:
    came = threading.Event()
    before = signal.signal(signal.SIGUSR2, lambda *_: came.set())
    try:
        with server(tmp_path / "s", hangs_up) as path:
            SocketControl(path).signal_reload()
        assert came.wait(20)
    finally:
        signal.signal(signal.SIGUSR2, before)


class Docker:
    """Answers for the docker command."""

    def __init__(self, *answers: tuple[int, bytes, bytes]) -> None:
        self._answers = list(answers)
        self.asked: list[list[str]] = []

    def __call__(self, command: Sequence[str], timeout_seconds: float) -> "subprocess.CompletedProcess[bytes]":
        del timeout_seconds
        self.asked.append([*command])
        code, out, err = self._answers.pop(0)
        return subprocess.CompletedProcess(command, code, out, err)


def test_in_a_container_suricatasc_asks() -> None:
    docker = Docker((0, b'{"message": {"pkts": 1}, "return": "OK"}\n', b""))
    assert ContainerControl("c1", docker).ask("iface-stat", iface="eth0").message == {"pkts": 1}
    assert docker.asked == [
        ["docker", "exec", "c1", "suricatasc", "-c", "iface-stat eth0", "/run/suricata/suricata-command.socket"]
    ]


def test_what_suricatasc_says_in_words_is_told() -> None:
    docker = Docker((1, b"", b"Unable to connect to socket\n"))
    with pytest.raises(SuricataSilent, match="Unable to connect"):
        ContainerControl("c1", docker).ask("uptime")


def test_without_a_socket_the_container_of_the_stack_is_asked(tmp_path: Path) -> None:
    docker = Docker((0, b"abc\n", b""), (0, b'{"message": 1, "return": "OK"}', b""))
    assert find_control(tmp_path / "none", docker).ask("uptime").message == 1
    assert docker.asked[0][:2] == ["docker", "ps"]
    assert docker.asked[1][2] == "abc"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((0, b"", b""), "docker/stack.sh up"),
        ((1, b"", b"no engine"), "docker/stack.sh up"),
        ((0, b"a\nb\n", b""), "2 "),
    ],
)
def test_no_suricata_or_more_than_one_says_what_to_do(
    tmp_path: Path, answer: tuple[int, bytes, bytes], what: str
) -> None:
    with pytest.raises(SuricataMissing, match=what):
        find_control(tmp_path / "none", Docker(answer))


def test_a_socket_goes_before_any_container(tmp_path: Path) -> None:
    with server(tmp_path / "s", says(OK, b'{"message":7,"return":"OK"}\n')) as path:
        assert find_control(path, Docker()).ask("uptime").message == 7
    assert os.path.exists(tmp_path / "s")  # noqa: PTH110
