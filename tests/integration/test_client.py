"""The client against sockets of this machine: what must come back as a value, and what as which error."""

import base64
import contextlib
import gzip
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shipper.errors import ConfigError, Refused, Unavailable
from shipper.opensearch.client import NDJSON, Connection, Store, connect
from shipper.opensearch.reply import Reply

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """Accepts connections; answers every request on them with what `answer` gives; keeps what was sent."""

    def __init__(self, answer: Callable[[bytes], bytes], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answer, self._tls = answer, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            wire = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with wire:
                while request := self._read(wire):
                    self.requests.append(request)
                    reply = self._answer(request)
                    wire.sendall(reply)
                    if not reply or b"Connection: close" in reply:
                        return

    @staticmethod
    def _read(wire: socket.socket) -> bytes:
        got = b""
        while b"\r\n\r\n" not in got:
            more = wire.recv(65536)
            if not more:
                return b""
            got += more
            if got[:1] == b"\x16":  # a TLS handshake where HTTP was expected
                return got
        head, _, body = got.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0]):
            body += wire.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    with contextlib.ExitStack() as stack:

        def start(answer: bytes | Callable[[bytes], bytes], tls: ssl.SSLContext | None = None) -> Peer:
            made = Peer(answer if callable(answer) else lambda _request: answer, tls)
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=peer -addext subjectAltName=DNS:localhost "
        f"-keyout {key} -out {cert}".split(),
        check=True,
        capture_output=True,
    )
    return cert, key


def store(peer: Peer, scheme: str = "http", host: str = "127.0.0.1", **options: object) -> Store:
    return connect(Connection(f"{scheme}://{host}:{peer.port}", timeout_seconds=30, **options))  # type: ignore[arg-type]


def test_bytes_go_in_and_come_out_untouched(peer: Callable[..., Peer]) -> None:
    server = peer(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\x00\r\n")
    body = b'{"create":{}}\n{"n":"\xed\xa0\x80\xff"}\n'
    reply = store(server).request("POST", "/_bulk", params={"filter_path": "errors,items.*.status"}, body=body,
                                  content_type=NDJSON)  # fmt: skip
    assert reply == Reply(200, b"\xff\x00\r\n")
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert sent == body
    assert head.startswith(b"POST /_bulk?filter_path=errors%2Citems.%2A.status HTTP/1.1")
    assert b"content-type: application/x-ndjson" in head.lower()


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("https", [False, True])
def test_a_view_is_sent_as_its_bytes_are(
    peer: Callable[..., Peer], certificate: tuple[Path, Path], compress: bool, https: bool
) -> None:
    """What the columnar decoder hands over. More than sockets take at once, and not from the beginning."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = peer(OK, context if https else None)
    signed: list[bytes | None] = []

    def sign(_method: str, _url: str, body: bytes | None) -> dict[str, str]:
        signed.append(body)
        return {}

    body = memoryview(bytes(range(256)) * 20_000)[3:-5]
    options = {"scheme": "https", "host": "localhost", "ca_file": certificate[0]} if https else {}
    client = store(server, compress=compress, sign=sign, **options)  # type: ignore[arg-type]
    assert client.request("POST", "/_bulk", body=body, content_type=NDJSON).ok
    _, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert signed == [sent]
    assert (gzip.decompress(sent) if compress else sent) == body


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 413, 429, 500, 502, 503, 504])
def test_every_status_is_a_value_and_is_asked_once(peer: Callable[..., Peer], status: int) -> None:
    server = peer(b"HTTP/1.1 %d X\r\nLocation: /there\r\nRetry-After: 0\r\nContent-Length: 3\r\n\r\nwhy" % status)
    assert store(server).request("GET", "/") == Reply(status, b"why")
    assert len(server.requests) == 1


def test_a_connection_is_used_again(peer: Callable[..., Peer]) -> None:
    server = peer(OK)
    client = store(server)
    for _ in range(5):
        assert client.request("GET", "/").ok
    assert (len(server.requests), server.connections) == (5, 1)


def test_compressed_on_request(peer: Callable[..., Peer]) -> None:
    server = peer(OK)
    store(server, compress=True).request("POST", "/_bulk", body=b"x" * 1000)
    head, _, sent = server.requests[0].partition(b"\r\n\r\n")
    assert b"content-encoding: gzip" in head.lower()
    assert gzip.decompress(sent) == b"x" * 1000


def test_a_password_beyond_latin_1_is_sent_and_never_shown(peer: Callable[..., Peer]) -> None:
    server = peer(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
    connection = Connection(f"http://127.0.0.1:{server.port}", "admin", "pä€:s")
    client = connect(connection)
    with pytest.raises(Refused) as refused:
        client.call("GET", "/x")
    line = next(line for line in server.requests[0].split(b"\r\n") if line.lower().startswith(b"authorization"))
    assert base64.b64decode(line.split()[-1]).decode() == "admin:pä€:s"
    assert "pä€" not in repr(connection) + repr(client) + repr(vars(client)) + str(refused.value)


def test_a_signer_sees_the_request_as_it_is_sent(peer: Callable[..., Peer]) -> None:
    server = peer(OK)
    seen: list[tuple[str, str, bytes | None]] = []

    def sign(method: str, url: str, body: bytes | None) -> dict[str, str]:
        seen.append((method, url, body))
        return {"x-signed": "yes"}

    store(server, sign=sign).request("PUT", "/a%2Fb", params={"q": "1"}, body=b"{}")
    assert seen == [("PUT", f"http://127.0.0.1:{server.port}/a%2Fb?q=1", b"{}")]
    assert b"x-signed: yes" in server.requests[0].lower()


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"", id="closed without a word"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{", id="cut by length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{", id="cut in a chunk"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="cut in the head"),
        pytest.param(b"SSH-2.0-OpenSSH\r\nConnection: close\r\n", id="not HTTP"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", id="not the gzip it says"
        ),
    ],
)
def test_a_reply_that_did_not_come_whole_is_unavailable(peer: Callable[..., Peer], reply: bytes) -> None:
    server = peer(reply)
    with pytest.raises(Unavailable, match=f"http://127.0.0.1:{server.port}"):
        store(server).request("POST", "/_bulk", body=b"{}\n", timeout_seconds=1)
    assert len(server.requests) == 1


def test_silence_is_unavailable(peer: Callable[..., Peer]) -> None:
    gate = threading.Event()
    server = peer(lambda _request: b"x" * gate.wait(60))
    with pytest.raises(Unavailable, match="in time"):
        store(server).request("GET", "/", timeout_seconds=0.2)
    gate.set()


def test_nobody_there_and_no_such_name() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unavailable, match=rf"http://127\.0\.0\.1:{port} cannot be reached"):
        connect(Connection(f"http://127.0.0.1:{port}")).request("GET", "/")
    with pytest.raises(Unavailable, match="name is not known"):
        connect(Connection("http://nowhere.invalid:9200")).request("GET", "/")


def test_tls_is_verified(peer: Callable[..., Peer], certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = peer(OK, context)
    assert store(server, "https", "localhost", ca_file=certificate[0]).request("GET", "/").ok
    with pytest.raises(Refused, match=r"not trusted.*opensearch\.ca_file"):
        store(server, "https", "localhost").request("GET", "/")
    with pytest.raises(Refused, match="mismatch"):
        store(server, "https", "127.0.0.1", ca_file=certificate[0]).request("GET", "/")


def test_tls_spoken_to_a_plain_port_and_the_other_way_round(
    peer: Callable[..., Peer], certificate: tuple[Path, Path]
) -> None:
    plain = peer(b"HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n")
    with pytest.raises(Refused, match="does not speak TLS"):
        store(plain, "https", "localhost", ca_file=certificate[0]).request("GET", "/")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    with pytest.raises(Unavailable, match="https"):
        store(peer(OK, context)).request("GET", "/")


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"url": "localhost:9200"}, "opensearch.url"),
        ({"url": "ftp://x"}, "opensearch.url"),
        ({"url": "http://u:p@host"}, "opensearch.username"),
        ({"url": "http://h", "username": "a:b"}, "opensearch.username"),
        ({"url": "https://h", "ca_file": Path("/nonexistent.pem")}, "opensearch.ca_file"),
        ({"url": "https://h", "ca_file": Path(__file__)}, "opensearch.ca_file"),
    ],
)
def test_an_unusable_connection_is_said_before_anything_is_sent(options: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=key.replace(".", r"\.")):
        connect(Connection(**options))  # type: ignore[arg-type]


def test_replies_as_values_of_ours(peer: Callable[..., Peer]) -> None:
    error = b'{"error":{"type":"cluster_block_exception","reason":"full"},"status":429}'
    assert Reply(429, error).error() == ("cluster_block_exception", "full")
    assert Reply(502, b"<html>bad gateway").error() == ("", "<html>bad gateway")
    assert Reply(400, b'{"error":"text"}').error() == ("", '{"error":"text"}')
    with pytest.raises(Unavailable, match="not JSON"):
        Reply(200, b'{"took":').json()
    head = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b"
    client = store(peer(head % (429, len(error), error)))
    with pytest.raises(Unavailable, match="cluster_block_exception: full"):
        client.call("GET", "/x")
    assert store(peer(head % (404, 2, b"{}"))).call("GET", "/x", missing=()) == ()
    with pytest.raises(Refused, match="not as OpenSearch does"):
        store(peer(OK)).info()


def test_closed_is_unavailable(peer: Callable[..., Peer]) -> None:
    client = store(peer(OK))
    client.close()
    with pytest.raises(Unavailable):
        client.request("GET", "/")
