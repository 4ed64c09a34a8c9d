"""Stops a stream whose documents are mostly refused for one reason: then our template is wrong, not the data."""

from collections import Counter, deque
from threading import Lock

from shipper.errors import Refused

WINDOW = 1000


class RefusalGuard:
    """Watches the last WINDOW documents over all batches. Safe to call from several threads."""

    def __init__(self, window: int = WINDOW) -> None:
        self._recent: deque[str] = deque(maxlen=window)
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def saw(self, error_type: str, reason: str) -> None:
        """One refused document. Raises Refused when more than half of the window went this way."""
        with self._lock:
            self._push(error_type)
            window = self._recent.maxlen or 0
            if len(self._recent) == window and self._counts[error_type] * 2 > window:
                raise Refused(
                    f"OpenSearch refused {self._counts[error_type]} of the last {window} documents with {error_type} "
                    f"(the last: {reason}). This is the template, not the records: see `shipper schema plan`; "
                    "nothing of it was committed."
                )

    def saw_good(self, documents: int) -> None:
        """So many documents were stored."""
        with self._lock:
            for _ in range(min(documents, self._recent.maxlen or 0)):
                self._push("")

    def _push(self, error_type: str) -> None:
        if len(self._recent) == self._recent.maxlen:
            self._counts[self._recent[0]] -= 1
        self._recent.append(error_type)
        self._counts[error_type] += 1
