"""Whether OpenSearch makes partitions of ours by itself: the cluster setting `action.auto_create_index`. Pure.

Its value is true, false, or patterns with `+` (or nothing) for "may" and `-` for "may not". The first one that an index
fits decides, and an index that fits none is not made. (OpenSearch documentation, "Index settings".)
"""

from shipper.opensearch.pattern import covers, overlap

SETTING = "action.auto_create_index"
DEFAULT = "true"


def forbidden(value: str, prefix: str) -> bool:
    """Whether no index of this prefix is made by itself."""
    ours = f"{prefix}-*"
    for pattern in _patterns(value):
        if pattern.startswith("-"):
            if covers(pattern[1:], ours):
                return True
        elif overlap(pattern.removeprefix("+"), ours):
            return False
    return True


def forbidding(value: str, prefix: str) -> str:
    """The same value, but that it forbids it; all it says of other indices stays."""
    return ",".join([f"-{prefix}-*", *_patterns(value)])


def _patterns(value: str) -> list[str]:
    patterns = [pattern.strip() for pattern in value.split(",") if pattern.strip()]
    return {("true",): ["+*"], (): ["+*"], ("false",): []}.get(tuple(patterns), patterns)
