"""Addresses as people write them, as sockets for datagrams."""

import socket
from typing import Any

from mirror.errors import CannotListen


def datagram_socket(host: str, port: int, said: str) -> tuple[socket.socket, Any]:
    """A socket of the host's family, and what it is bound or connected to. Raises CannotListen, which begins so."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        return socket.socket(family, kind, protocol), where
    except OSError as trouble:
        raise CannotListen(f"{said}: {trouble.strerror}") from trouble
