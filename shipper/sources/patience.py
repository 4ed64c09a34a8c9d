"""Calls to AWS, tried again for as long as it makes sense: throttling and broken connections pass, answers do not."""

from collections.abc import Callable
from typing import TypeVar

from aws.errors import AwsUnavailable
from shipper.backoff import delays
from shipper.errors import Unavailable, ours
from shipper.interfaces import Wait

T = TypeVar("T")

MOST_ATTEMPTS = 40
"""About ten minutes: what does not answer for so long needs a person. Nothing is skipped: the run can go on."""


class Patience:
    """Tries a call until it is answered. Safe to share between threads."""

    def __init__(self, wait: Wait, random: Callable[[], float], most_attempts: int = MOST_ATTEMPTS) -> None:
        self._wait = wait
        self._random = random
        self._most = most_attempts

    def __call__(self, call: Callable[[], T]) -> T:
        """Its answer. Raises Unavailable when told to stop or after too many attempts; AwsError as the call does."""
        for attempt, delay in enumerate(delays(self._random), 1):
            try:
                return call()
            except AwsUnavailable as error:
                if attempt >= self._most:
                    raise ours(error) from error
                if self._wait(delay):
                    raise Unavailable("told to stop while waiting for AWS") from error
        raise AssertionError  # delays never end
