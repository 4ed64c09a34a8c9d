"""A proxy in front of a real OpenSearch that harms bulk requests, and counts what it did and what it saw.

In: HTTP/1.1 on 127.0.0.1, the address of a node, a plan of faults. Out: the node's answers, or the fault's.
Everything but `_bulk` goes through unharmed unless `others` says so, and so do the shipper's own figures (ASIDE).
Answers compactly, as OpenSearch does. A document that gets an item fault is cut out of the request: the node never
sees it. Never changes a document, keeps none.

    with FaultProxy(node.url, [LOST, None, BREAKER], items=first(2, BUSY)) as proxy:
        ...  # talk to proxy.url
        assert proxy.done["lost"] == 1

A plan is a list (one entry for each bulk request in order of arrival, None or the list's end: unharmed) or a function
of a Request. `items` is a function of a Sent document and how many item faults it had already. Waits end when the
proxy is closed, and are bounded anyway. Safe for any number of clients; every public count may be read meanwhile.
Long because a fault is only as true as the HTTP around it, and that is all here.
"""

import gzip
import random
import socket
import ssl
import struct
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import orjson

ASIDE = ("-deadletter-", "-pipeline-")
"""A bulk request that begins with a partition of these goes through unharmed and uncounted: it is not the load, and a
dead letter's summary has the id of the record it is about."""

HOLD_SECONDS = 900.0
UPSTREAM_SECONDS = 120.0
_JSON = "application/json; charset=UTF-8"
_HTML = b"<html>\r\n<head><title>%b</title></head>\r\n<body><center><h1>%b</h1></center></body>\r\n</html>\r\n"


class ItemError(NamedTuple):
    """The answer on one document that the node never saw."""

    status: int
    type: str
    reason: str


BUSY = ItemError(429, "rejected_execution_exception", "rejected execution of coordinating operation")
TOO_MUCH = ItemError(429, "circuit_breaking_exception", "[parent] Data too large, data for [<http_request>]")
UNPARSABLE = ItemError(400, "mapper_parsing_exception", "failed to parse field [source.bytes] of type [long]")
BOOM = ItemError(500, "null_pointer_exception", "Cannot invoke a method on null")
NO_SHARD = ItemError(503, "unavailable_shards_exception", "primary shard is not active")


class Sent(NamedTuple):
    """One document of a bulk request. `line` is its source; empty for a delete."""

    operation: str
    partition: str
    id: str
    line: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """One bulk request. `number` counts from 0 in order of arrival; `body` is decompressed."""

    number: int
    path: str
    body: bytes
    seconds: float
    """Since the proxy was started."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What becomes of one request. Without a status and without `applied`, the connection is reset.

    `applied`: the node gets the request first. `status`: this answer instead of the node's. `part`: how much of the
    answer's body is sent before the connection is closed. `slow_seconds`: the answer takes that long, bit by bit.
    """

    name: str
    applied: bool = False
    status: int = 0
    content: bytes = b""
    content_type: str = _JSON
    part: float = 1.0
    slow_seconds: float = 0.0


def error(name: str, status: int, kind: str, reason: str) -> Fault:
    """A whole request refused in OpenSearch's words."""
    cause = {"type": kind, "reason": reason}
    return Fault(
        name, status=status, content=orjson.dumps({"error": {"root_cause": [cause], **cause}, "status": status})
    )


def page(name: str, status: int, title: bytes, *, applied: bool = False) -> Fault:
    """A gateway's HTML page."""
    return Fault(name, applied, status, _HTML % (title, title), "text/html")


BREAKER = error("breaker", 429, "circuit_breaking_exception", "[parent] Data too large, data for [<http_request>]")
TOO_MANY = error("too many", 429, "rejected_execution_exception", "rejected execution of coordinating operation")
NO_MANAGER = error("no manager", 503, "cluster_manager_not_discovered_exception", "")
BLOCKED = error("blocked", 403, "cluster_block_exception", "blocked by: [FORBIDDEN/10/cluster create-index blocked]")
FORBIDDEN = error("forbidden", 403, "security_exception", "no permissions for [indices:data/write/bulk]")
MALFORMED = error("malformed", 400, "illegal_argument_exception", "Malformed action/metadata line")
UNAUTHORIZED = Fault("unauthorized", status=401, content=b"Unauthorized", content_type="text/plain")
BAD_GATEWAY = page("bad gateway", 502, b"502 Bad Gateway")
GATEWAY_TIMEOUT = page("gateway timeout", 504, b"504 Gateway Time-out", applied=True)
TOO_LARGE = page("too large", 413, b"413 Request Entity Too Large")
SPLASH = page("splash", 200, b"Please log in", applied=True)
LOST = Fault("lost", applied=True)
CUT = Fault("cut", applied=True, part=0.5)
RESET = Fault("reset")


def slow(seconds: float) -> Fault:
    """Applied at once, answered bit by bit over this time."""
    return Fault("slow", applied=True, slow_seconds=seconds)


Plan = Callable[[Request], Fault | None]
ItemPlan = Callable[[Sent, int], ItemError | None]
OtherPlan = Callable[[str, str], Fault | None]
"""(method, path) of a request that is no bulk → what becomes of it."""


def first(times: int, answer: ItemError, share: float = 1.0, seed: int = 0) -> ItemPlan:
    """The first `times` answers on a share of all documents, chosen by id: the same ones in every run."""

    def plan(sent: Sent, given: int) -> ItemError | None:
        return answer if given < times and chosen(sent.id, share, seed) else None

    return plan


def chosen(document_id: str, share: float, seed: int = 0) -> bool:
    """Whether this id is among a share of all ids."""
    return share >= 1 or random.Random(f"{seed} {document_id}").random() < share  # noqa: S311  (no secret)


def every(nth: int, fault: Fault, most: int = 1 << 62) -> Plan:
    """Every nth bulk request, `most` times at most."""
    return lambda request: fault if request.number % nth == nth - 1 and request.number // nth < most else None


def seeded(seed: int, faults: Sequence[Fault], share: float, *, most: int = 1 << 62, seconds: float = 1e18) -> Plan:
    """A share of bulk requests, each one of these faults; `most` at most, and none after so many seconds."""
    left = iter(range(most))

    def plan(request: Request) -> Fault | None:
        dice = random.Random(f"{seed} {request.number}")  # noqa: S311  (no secret)
        if request.seconds > seconds or dice.random() >= share or next(left, None) is None:
            return None
        return dice.choice(faults)

    return plan


def larger_than(most_bytes: int) -> Plan:
    """413 for bodies above a size, as http.max_content_length and gateways do."""
    return lambda request: TOO_LARGE if len(request.body) > most_bytes else None


def after(requests: int, fault: Fault) -> Plan:
    """So many bulk requests are unharmed, all later ones are not."""
    return lambda request: fault if request.number >= requests else None


def any_of(*plans: Plan) -> Plan:
    """The first plan that has a fault for the request."""
    return lambda request: next((fault for plan in plans if (fault := plan(request))), None)


@dataclass(slots=True)
class _Cut:
    """A body without the documents that got an item fault."""

    rest: bytes
    operations: list[tuple[str, Sent]] = field(default_factory=list)
    answers: dict[int, ItemError] = field(default_factory=dict)


class FaultProxy:
    """Started by entering it. `url` is where clients go.

    `done`: how often each fault was made, by name; item faults as "item 429". `requests`: bulk requests arrived.
    `sizes`: their bytes (the last 10,000). `seen`: how often each id arrived, whatever became of it (only with
    `count_ids`: for millions of documents leave it off). `most_at_once`: most bulk requests at the same time.
    `forwarded`: documents that the node got. `wire_bytes`: bodies as they came, compressed or not.
    """

    def __init__(
        self,
        upstream: str,
        faults: Sequence[Fault | None] | Plan = (),
        *,
        items: ItemPlan | None = None,
        others: OtherPlan | None = None,
        count_ids: bool = True,
        ca_file: Path | None = None,
        port: int = 0,
    ) -> None:
        self._upstream = urlsplit(upstream)
        self._ca_file = ca_file
        self.faults = faults
        self.items = items
        self.others = others
        self._count_ids = count_ids
        self._lock = Lock()
        self._given: Counter[str] = Counter()
        self._open = Event()
        self._open.set()
        self._held_from: int | None = None
        self._closing = Event()
        self._sockets: set[socket.socket] = set()
        self._at_once = 0
        self._started = monotonic()
        self.done: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        self.sizes: deque[int] = deque(maxlen=10_000)
        self.requests = 0
        self.forwarded = 0
        self.wire_bytes = 0
        self.most_at_once = 0
        self.bugs: list[str] = []
        self._server = _Server(("127.0.0.1", port), self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="fault proxy")

    def __enter__(self) -> Self:
        self._started = monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Break off every connection; returns when all threads have ended. Twice is fine."""
        self._closing.set()
        self._open.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        assert not self.bugs, f"the proxy itself failed: {self.bugs}"

    def hold(self, after: int = 0) -> None:
        """Bulk requests get no answer and do not reach the node until `release`: from now on, or after so many."""
        with self._lock:
            self._held_from = after
            if self.requests >= after:
                self._open.clear()

    def release(self) -> None:
        """What was held goes on."""
        with self._lock:
            self._held_from = None
            self._open.set()

    @property
    def resends(self) -> int:
        """Documents that arrived again."""
        with self._lock:
            return self.seen.total() - len(self.seen)

    # What follows is called by the handlers' threads.

    def arrived(self, path: str, body: bytes, wire_bytes: int) -> Request:
        """Count a bulk request; wait while the proxy holds."""
        with self._lock:
            request = Request(self.requests, path, body, monotonic() - self._started)
            if self._held_from is not None and request.number >= self._held_from:
                self._open.clear()
            self.requests += 1
            self.sizes.append(len(body))
            self.wire_bytes += wire_bytes
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        if self._count_ids:
            ids = [sent.id for sent, _, _ in documents(body)]
            with self._lock:
                self.seen.update(ids)
        self._open.wait(HOLD_SECONDS)
        return request

    def left(self) -> None:
        """A bulk request is over."""
        with self._lock:
            self._at_once -= 1

    def fault(self, request: Request) -> Fault | None:
        """What the plan says about a request."""
        plan = self.faults
        if callable(plan):
            with self._lock:
                return plan(request)
        return plan[request.number] if request.number < len(plan) else None

    def cut(self, body: bytes) -> _Cut | None:
        """The body without documents that get an item fault; None where nothing is cut out."""
        if self.items is None:
            return None
        kept: list[bytes] = []
        cut = _Cut(b"")
        with self._lock:
            for number, (sent, begin, end) in enumerate(documents(body)):
                cut.operations.append((sent.operation, sent))
                answer = self.items(sent, self._given.get(sent.id, 0))
                if answer is None:
                    kept.append(body[begin:end])
                else:
                    self._given[sent.id] += 1
                    self.done[f"item {answer.status}"] += 1
                    cut.answers[number] = answer
        cut.rest = b"".join(kept)
        return cut if cut.answers else None

    def made(self, fault: Fault) -> None:
        """Count a fault."""
        with self._lock:
            self.done[fault.name] += 1

    def passed(self, documents: int) -> None:
        """The node got so many documents."""
        with self._lock:
            self.forwarded += documents

    def pause(self, seconds: float) -> None:
        """Wait; less when the proxy is closed."""
        self._closing.wait(min(seconds, HOLD_SECONDS))

    @property
    def closing(self) -> bool:
        """Whether the proxy is being closed."""
        return self._closing.is_set()

    def track(self, each: socket.socket) -> None:
        """A socket to be shut down by `close`."""
        with self._lock:
            self._sockets.add(each)
            if self.closing:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def untrack(self, each: socket.socket) -> None:
        """It is closed."""
        with self._lock:
            self._sockets.discard(each)

    def connection(self) -> HTTPConnection:
        """A new connection to the node, not opened yet."""
        host, port = self._upstream.hostname or "", self._upstream.port
        if self._upstream.scheme == "https":
            context = ssl.create_default_context(cafile=self._ca_file)
            return HTTPSConnection(host, port, timeout=UPSTREAM_SECONDS, context=context)
        return HTTPConnection(host, port, timeout=UPSTREAM_SECONDS)


def documents(body: bytes) -> Iterator[tuple[Sent, int, int]]:
    """The documents of a bulk body, each with where its lines begin and end."""
    begin = 0
    while begin < len(body):
        end = body.find(b"\n", begin) + 1 or len(body)
        if not body[begin:end].strip():
            begin = end
            continue
        operation, told = next(iter(orjson.loads(body[begin:end]).items()))
        source = end
        if operation != "delete":
            end = body.find(b"\n", source) + 1 or len(body)
        yield Sent(operation, told.get("_index", ""), told.get("_id", ""), body[source:end]), begin, end
        begin = end


def is_aside(body: bytes) -> bool:
    """Whether a bulk request holds the shipper's own figures (ASIDE)."""
    sent = next((sent for sent, _, _ in documents(body)), None)
    return sent is not None and any(name in sent.partition for name in ASIDE)


def merged(reply: bytes, cut: _Cut, *, names: bool) -> bytes:
    """The node's reply with the item faults in their places. `names`: tell _index and _id too."""
    told: dict[str, Any] = orjson.loads(reply) if reply else {"took": 0, "items": []}
    if "items" not in told:
        return reply
    answers = iter(told["items"])
    items = []
    for number, (operation, sent) in enumerate(cut.operations):
        item = cut.answers.get(number)
        if item is None:
            items.append(next(answers))
            continue
        cause = {"status": item.status, "error": {"type": item.type, "reason": item.reason}}
        items.append({operation: ({"_index": sent.partition, "_id": sent.id} if names else {}) | cause})
    return orjson.dumps(told | {"errors": True, "items": items})


class _Server(ThreadingHTTPServer):
    """Threads are joined on close: nothing outlives a test."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(address, _Handler)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        # No shutdown(2) before it: where SO_LINGER says so, closing must be a reset.
        self.close_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        self.proxy.bugs.append(repr(sys.exception()))


class _Handler(BaseHTTPRequestHandler):
    """One client connection, with a connection of its own to the node."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.proxy = self.server.proxy
        self.proxy.track(self.connection)
        self.node = self.proxy.connection()

    def finish(self) -> None:
        self.proxy.untrack(self.connection)
        if self.node.sock is not None:
            self.proxy.untrack(self.node.sock)
        self.node.close()
        with suppress(OSError):
            super().finish()

    def handle(self) -> None:
        # A client that was killed, or a proxy that is closed: there is nobody to tell.
        with suppress(ConnectionError, TimeoutError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _any(self) -> None:
        announced = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(announced)
        path = self.path.partition("?")[0]
        if self.proxy.closing or len(body) < announced:  # the client was killed while it sent
            self.close_connection = True
            return
        if path.endswith("/_bulk"):
            self._bulk(body)
            return
        self._other(path, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _any  # noqa: N815  (http.server's names)

    def _other(self, path: str, body: bytes) -> None:
        fault = self.proxy.others(self.command, path) if self.proxy.others else None
        self._do(fault, lambda: self._forward(body, {}))

    def _bulk(self, body: bytes) -> None:
        zipped = self.headers.get("content-encoding", "") == "gzip"
        plain = gzip.decompress(body) if zipped else body
        if is_aside(plain):
            self._other(self.path.partition("?")[0], body)
            return
        request = self.proxy.arrived(self.path, plain, len(body))
        try:
            if self.proxy.closing:
                self.close_connection = True
                return
            self._do(self.proxy.fault(request), lambda: self._apply(plain))
        finally:
            self.proxy.left()

    def _apply(self, body: bytes) -> tuple[int, str, bytes]:
        cut = self.proxy.cut(body)
        if cut is None:
            self.proxy.passed(body.count(b"\n") // 2)
            return self._forward(body, {"content-encoding": None})
        status, kind, reply = 200, _JSON, b""
        if cut.rest:
            self.proxy.passed(len(cut.operations) - len(cut.answers))
            status, kind, reply = self._forward(cut.rest, {"content-encoding": None})
        if status != 200:
            return status, kind, reply
        return status, kind, merged(reply, cut, names="filter_path" not in self.path)

    def _do(self, fault: Fault | None, apply: Callable[[], tuple[int, str, bytes]]) -> None:
        if fault is None:
            self._answer(*apply())
            return
        self.proxy.made(fault)
        status, kind, content = fault.status, fault.content_type, fault.content
        if fault.applied:
            answer = apply()
            if not status and (fault.part < 1 or fault.slow_seconds):
                status, kind, content = answer
        if not status:
            self._break_off(reset=not fault.applied)
            return
        self._answer(status, kind, content, fault.part, fault.slow_seconds)

    def _forward(self, body: bytes, changed: dict[str, str | None]) -> tuple[int, str, bytes]:
        """The node's answer; a gateway's page where there is none."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers |= {name: value for name, value in changed.items() if value is not None}
        for name in (
            "connection",
            "content-length",
            "accept-encoding",
            *(name for name, value in changed.items() if value is None),
        ):
            headers.pop(name, None)
        try:
            answer = self._ask(body, headers)
            return answer.status, answer.headers.get("content-type", ""), answer.read()
        except (OSError, HTTPException):
            self._drop_node()
            self.proxy.made(Fault("node gone"))
            return 502, "text/html", BAD_GATEWAY.content

    def _ask(self, body: bytes, headers: dict[str, str]) -> HTTPResponse:
        fresh = self.node.sock is None
        if fresh:
            self.node.connect()
            self.proxy.track(self.node.sock)
        self.node.request(self.command, self.path, body or None, headers)
        return self.node.getresponse()

    def _drop_node(self) -> None:
        if self.node.sock is not None:
            self.proxy.untrack(self.node.sock)
        self.node.close()

    def _answer(self, status: int, kind: str, content: bytes, part: float = 1.0, slow_seconds: float = 0.0) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"content-length: {len(content)}"]
        lines += [f"content-type: {kind}"] if kind else []
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        sent = b"" if self.command == "HEAD" else content[: int(len(content) * part)]
        if slow_seconds:
            self._drip(head + sent, slow_seconds)
        else:
            self.wfile.write(head + sent)
        if part < 1:
            self.close_connection = True

    def _drip(self, sent: bytes, seconds: float, bits: int = 20) -> None:
        step = -(-len(sent) // bits)
        for begin in range(0, len(sent), step):
            self.proxy.pause(seconds / bits)
            self.wfile.write(sent[begin : begin + step])

    def _break_off(self, *, reset: bool) -> None:
        if reset:  # SO_LINGER with no time sends RST (socket(7))
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
