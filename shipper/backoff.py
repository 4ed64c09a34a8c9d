"""Delays between attempts: exponential with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter")."""

from collections.abc import Callable, Iterator


def delays(random: Callable[[], float], first_seconds: float = 0.25, most_seconds: float = 30.0) -> Iterator[float]:
    """Endless delays in seconds: each uniform in [0, ceiling), the ceiling doubling from the first to the most.

    `random` gives numbers in [0, 1).
    """
    ceiling = first_seconds
    while True:
        yield random() * ceiling
        ceiling = min(ceiling * 2, most_seconds)
