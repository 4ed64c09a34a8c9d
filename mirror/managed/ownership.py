"""Whose a thing is: the tags of what we make, and client tokens that are the same for the same wish. Pure."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

PLAN: Final = "flowtap:plan"
"""Name of the file that owns it; nothing without this tag is ever changed or deleted."""
NAME: Final = "flowtap:name"
"""Its name in that file; of a session its policy."""
EXPIRES: Final = "flowtap:expires-at"
"""When it is to be deleted, in UTC."""
FINDING: Final = "flowtap:finding"
"""Id of the finding that a session was begun for."""
SINCE: Final = "flowtap:since"
"""When that was, in UTC."""
NEVER: Final = "flowtap:mirror"
"""On an interface or an instance: `never` means that it is not mirrored."""


def owned(tags: Mapping[str, str], plan: str) -> bool:
    """Whether a thing with these tags is this plan's."""
    return tags.get(PLAN) == plan


def specification(kind: str, tags: Mapping[str, str]) -> list[dict[str, Any]]:
    """The TagSpecifications of a request."""
    listed = [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
    return [{"ResourceType": kind, "Tags": listed}]


def client_token(operation: str, asked: Mapping[str, Any], generation: Sequence[str]) -> str:
    """40 hexadecimal digits, the same for the same request of the same generation.

    A generation is what stood or stands in its place: ids of what is replaced, or of what an earlier answer named that
    is gone by now. Without it a thing deleted and wanted again would be answered as the one that was deleted.
    """
    said = json.dumps([operation, asked, sorted(generation)], sort_keys=True, default=str)
    return hashlib.blake2b(said.encode(), digest_size=20).hexdigest()
