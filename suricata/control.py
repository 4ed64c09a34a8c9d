"""Asking a Suricata that runs: over its command socket, or, where that is inside a container only, with docker exec.

Commands and their answers: Suricata User Guide, "Interacting via Unix Socket". One connection for each question.
"""

import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from suricata.errors import SuricataMissing, SuricataRefused, SuricataSilent
from suricata.protocol import Answer, Lines, hello, read, request

Run = Callable[[Sequence[str], float], "subprocess.CompletedProcess[bytes]"]
"""Runs a command for at most that many seconds; its output and exit code. Raises SuricataMissing, SuricataSilent."""

_LABEL = "flowtap.part=suricata"
_SOCKET_IN_CONTAINER = "/run/suricata/suricata-command.socket"
_CREDENTIALS = struct.Struct("3i")  # unix(7), struct ucred: pid, uid, gid


class Control(Protocol):
    """A Suricata that can be asked."""

    def ask(self, command: str, **arguments: str) -> Answer:
        """Its answer. Raises SuricataMissing, SuricataSilent, or SuricataRefused where what answers is no Suricata."""

    def signal_reload(self) -> None:
        """Send SIGUSR2, which loads rules anew even where the socket's commands may not. Raises as `ask`."""


class SocketControl:
    """Over the socket."""

    def __init__(self, path: Path, timeout_seconds: float = 30.0) -> None:
        self._path = path
        self._timeout = timeout_seconds

    def ask(self, command: str, **arguments: str) -> Answer:
        """See Control."""
        end = time.monotonic() + self._timeout
        with self._connected() as link:
            greeting = self._exchange(link, hello(), end)
            if not greeting.ok:
                raise SuricataRefused(f"{self._path}: this Suricata does not speak the protocol's version 0.2")
            return self._exchange(link, request(command, arguments), end)

    def signal_reload(self) -> None:
        """To the process that listens on the socket."""
        with self._connected() as link:
            credentials = link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, _, _ = _CREDENTIALS.unpack(credentials)
        if pid <= 0:  # another PID namespace
            raise SuricataRefused(
                f"{self._path}: Suricata runs in a container of its own and cannot be sent a signal from here; "
                "on its host: docker kill --signal USR2 CONTAINER"
            )
        try:
            os.kill(pid, signal.SIGUSR2)
        except OSError as error:
            raise SuricataRefused(f"Suricata (process {pid}) cannot be sent SIGUSR2: {error.strerror}") from error

    def _connected(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(self._timeout)
        try:
            link.connect(str(self._path))
        except OSError as error:
            link.close()
            if isinstance(error, PermissionError):
                raise SuricataRefused(
                    f"{self._path}: permission denied; it is for the user and group that Suricata runs as"
                ) from error
            raise SuricataMissing(
                f"no Suricata listens on {self._path} ({error.strerror or error}); does it run, and is suricata.socket "
                "its socket?"
            ) from error
        return link

    def _exchange(self, link: socket.socket, sent: bytes, end: float) -> Answer:
        lines = Lines()
        try:
            link.settimeout(max(end - time.monotonic(), 0.001))
            link.sendall(sent)
            while True:
                # Each byte may come in time, and the line never end.
                link.settimeout(max(end - time.monotonic(), 0.001))
                received = link.recv(1 << 16)
                if not received:
                    raise SuricataSilent(f"{self._path}: Suricata ended the conversation without an answer")
                if (line := lines.feed(received)) is not None:
                    return read(line)
        except TimeoutError as error:
            raise SuricataSilent(
                f"{self._path}: no answer within {self._timeout:g} s; is Suricata still up?"
            ) from error
        except OSError as error:
            raise SuricataSilent(f"{self._path}: {error.strerror or error}") from error


class ContainerControl:
    """With suricatasc inside a container."""

    def __init__(self, container: str, run: Run, timeout_seconds: float = 30.0) -> None:
        self._container = container
        self._run = run
        self._timeout = timeout_seconds

    def ask(self, command: str, **arguments: str) -> Answer:
        """See Control."""
        words = " ".join([command, *arguments.values()])
        inside = ["suricatasc", "-c", words, _SOCKET_IN_CONTAINER]
        ran = self._run(["docker", "exec", self._container, *inside], self._timeout)
        line = ran.stdout.strip()
        if not line.startswith(b"{"):  # suricatasc says NOK in JSON, and everything else in words of its own
            said = (ran.stderr.strip() or line).decode("utf-8", "replace")[-400:]
            raise SuricataSilent(f"container {self._container}: {said or 'no answer'}")
        return read(line)

    def signal_reload(self) -> None:
        """To the container's first process."""
        ran = self._run(["docker", "kill", "--signal", "USR2", self._container], self._timeout)
        if ran.returncode:
            raise SuricataRefused(
                f"container {self._container}: {ran.stderr.decode('utf-8', 'replace').strip()[-400:]}"
            )


def find_control(path: Path, run: Run) -> Control:
    """By the socket where there is one, else in the stack's container. Raises SuricataMissing without either."""
    if path.is_socket():
        return SocketControl(path)
    nowhere = (
        f"no Suricata: there is no socket {path} (setting suricata.socket), and no container of the stack captures; "
        "start one: FLOWTAP_CAPTURE_INTERFACE=eth0 docker/stack.sh up"
    )
    try:
        ran = run(["docker", "ps", "--quiet", "--filter", f"label={_LABEL}"], 30.0)
    except SuricataMissing as error:
        raise SuricataMissing(nowhere) from error
    found = ran.stdout.decode("ascii", "replace").split()
    if ran.returncode or not found:
        raise SuricataMissing(nowhere)
    if len(found) > 1:
        raise SuricataMissing(
            f"{len(found)} stacks capture here: name the socket of the one that is meant (suricata.socket), or ask "
            "inside it: docker/stack.sh compose run --rm shipper suricata …"
        )
    return ContainerControl(found[0], run)
