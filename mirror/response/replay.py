"""Findings of a file decided on as of their own times. Changes nothing; asks nothing."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from mirror.errors import BadFinding
from mirror.managed.model import Observed
from mirror.response.decision import Decision
from mirror.response.finding import read_finding
from mirror.response.policy import Policy
from mirror.response.watching import Nowhere, Watching


class Replay:
    """In the order of the file; one decision stands on what those before it would have done."""

    def __init__(self, policy: Policy, there: Observed, killed: Callable[[], bool]) -> None:
        self._now = datetime.now(UTC)
        self._watching = Watching(policy, lambda: there, lambda: self._now, Nowhere(), killed)

    def answer(self, line: str) -> tuple[Decision, ...]:
        """What would be decided."""
        with suppress(BadFinding):  # `Watching` says what is wrong with it
            self._now = read_finding(line).told_at
        return self._watching.answer(line)
