"""Stops a stream whose documents are mostly refused for one reason: then our template is wrong, not the data."""

from collections import Counter, deque
from collections.abc import Sequence
from threading import Lock

from shipper.errors import Refused
from shipper.opensearch.bulk import Item

WINDOW = 1000


class RefusalGuard:
    """Watches the last WINDOW documents over all batches. Safe to call from several threads."""

    def __init__(self, window: int = WINDOW) -> None:
        self._recent: deque[str] = deque(maxlen=window)
        self._counts: Counter[str] = Counter()
        self._window = window
        self._lock = Lock()

    def saw(self, trail: Sequence[Item | None]) -> None:
        """What became of documents, in order: None for a stored one, else the answer that refused it.

        Raises Refused when more than half of a window went one way.
        """
        if not any(trail):
            trail = trail[-self._window :]
        with self._lock:
            for item in trail:
                self._push(item.error_type if item else "")
                if item and self._tripped(item.error_type):
                    raise Refused(
                        f"OpenSearch refused {self._counts[item.error_type]} of the last {self._window} documents with "
                        f"{item.error_type} (the last: {item.reason}). This is the template, not the records: see "
                        "`shipper schema plan`; these documents were not committed."
                    )

    def _tripped(self, error_type: str) -> bool:
        return len(self._recent) == self._window and self._counts[error_type] * 2 > self._window

    def _push(self, error_type: str) -> None:
        if len(self._recent) == self._window:
            self._counts[self._recent[0]] -= 1
        self._recent.append(error_type)
        self._counts[error_type] += 1
