"""A listener that is watched: figures each second for /metrics, each minute for the log and for a file."""

import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirror.outlets import Interface, Stream
from shipper.cli.mirror.figures import of_listener

if TYPE_CHECKING:
    from mirror.account import Account
    from mirror.listening import Listening
    from shipper.log import StreamLog

_LOOK_SECONDS = 1.0
_KEEPALIVE_SECONDS = 1.0


class Watched:
    """`tick` is for the thread that listens; `account` is what it saw last, for any."""

    def __init__(
        self, listening: "Listening", log: "StreamLog", status_seconds: float, figures: str, name: str
    ) -> None:
        from mirror.telling import FiguresFile

        self._listening = listening
        self._log = log
        self._status_seconds = status_seconds
        self._kept_alive = self._looked = self._told = time.monotonic()
        self.account: Account = listening.account(time.time_ns())
        self._file = FiguresFile(Path(figures), name or platform.node(), self.account) if figures else None

    def now(self) -> dict[str, Any]:
        """All figures up to now; for the thread that listens."""
        return of_listener(self._listening.account(time.time_ns()))

    def tick(self, *, idle: bool) -> None:
        """Keeps a stream alive in which nothing comes, looks, tells."""
        at, outlet = time.monotonic(), self._listening.outlet
        if not idle:
            self._kept_alive = at
        elif isinstance(outlet, Stream) and at - self._kept_alive >= _KEEPALIVE_SECONDS:
            outlet.keep_alive(time.time_ns())
            self._kept_alive = at
        if at - self._looked >= _LOOK_SECONDS:
            self._looked = at
            if isinstance(outlet, Interface):
                outlet.look()
            self.account = self._listening.account(time.time_ns())
            if at - self._told >= self._status_seconds:
                self._told = at
                self._log("mirrored packets", **{name: each for name, each in self.now().items() if name != "vnis"})
                self.tell()

    def tell(self) -> None:
        """Writes the figures since the last time to the file, if there is one."""
        trouble = self._file.write(self._listening.account(time.time_ns())) if self._file else ""
        if trouble:
            self._log("figures cannot be written", level="error", why=trouble)


@contextmanager
def served(address: str, look: "Callable[[], Account]", *, beyond_loopback: bool) -> Iterator[str]:
    """/metrics and /healthz while entered; gives the URL, empty where none is asked for. Raises ConfigError."""
    if not address:
        yield ""
        return
    import orjson

    from shipper.http import Answer, serving
    from shipper.listener_metrics import CONTENT_TYPE, ListenerMetrics, health

    metrics = ListenerMetrics(look)

    def healthz() -> Answer:
        status, told = health(look(), time.time_ns())
        return Answer(status, "application/json", orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE))

    routes = {"/metrics": lambda: Answer(200, CONTENT_TYPE, metrics.text()), "/healthz": healthz}
    with serving(address, routes, beyond_loopback=beyond_loopback) as url:
        yield url
