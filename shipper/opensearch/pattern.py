"""Index patterns (`*` is any text, nothing else is special). Pure."""

import re
from functools import cache


def overlap(one: str, other: str) -> bool:
    """Whether some index name matches both patterns."""
    return _overlap(one, other)


@cache
def _overlap(one: str, other: str) -> bool:
    if one.startswith("*"):
        return _overlap(one[1:], other) or (other != "" and _overlap(one, other[1:]))
    if other.startswith("*"):
        return _overlap(other, one)
    if not one or not other:
        return one == other
    return one[0] == other[0] and _overlap(one[1:], other[1:])


def covers(one: str, other: str) -> bool:
    """Whether every index name that matches `other` matches `one`."""
    # A star of `other` is any text, so only a star of `one` can take it in.
    return re.fullmatch(".*".join(map(re.escape, one.split("*"))), other) is not None
