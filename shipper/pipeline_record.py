"""A run's figures as documents, one after the other. What the store does not take now is in the next one.

Counts are those of an interval, so all documents of a run add up to the run. An interval ends when its document is
known to be stored; until then the document is written again, larger, under the same id.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from shipper.figures import Figures, Run, document
from shipper.identity import document_id
from shipper.opensearch.best_effort import Document


class PipelineRecord:
    """`write` tries once; False: not now. `index` says which partition a time belongs to."""

    def __init__(
        self,
        run: Run,
        look: Callable[[], Figures],
        write: Callable[[Sequence[Document]], bool],
        index: Callable[[datetime], str],
    ) -> None:
        self._run = run
        self._look = look
        self._write = write
        self._index = index
        self._before = Figures(at=run.started)
        self._number = 0

    def write(self, state: str, failure: str = "") -> None:
        """Tell of the time since the last document that was stored."""
        now = self._look()
        source = document(self._run, self._number, self._before, now, state, failure)
        name = document_id(self._run.id, self._number)
        if self._write([Document(self._index(now.at), name, source, "index")]):
            self._before = now
            self._number += 1
