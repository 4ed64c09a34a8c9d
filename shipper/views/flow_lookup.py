"""Flow-log records by what names them: a document's id, a community id, an address and port, or two of them."""

import re
from collections.abc import Generator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Final

from shipper.errors import ConfigError
from shipper.views.filters import Clause
from shipper.views.question import Reply, Scope, Search, hits

MOST: Final = 1000
"""Records that are looked at, the newest first."""

_COMMUNITY_ID: Final = re.compile(r"1:[A-Za-z0-9+/]{27}=")
_DOCUMENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{12,60}")
_ENDS: Final = ("source", "destination")


def clause(what: Sequence[str]) -> Clause:
    """What these words name, as a clause of a search. Raises ConfigError."""
    if len(what) == 1 and _COMMUNITY_ID.fullmatch(what[0]):
        return {"term": {"network.community_id": what[0]}}
    ends = [_end(each) for each in what]
    if len(what) == 1 and ends[0] is None and _DOCUMENT_ID.fullmatch(what[0]):
        return {"ids": {"values": [what[0]]}}
    if len(what) > 2 or None in ends:
        raise ConfigError(
            f"{' '.join(what)!r} names no record: a flow-log line, a file or - for standard input, the id of a "
            "document, a community id (1:…), or one or two of ADDRESS[:PORT]"
        )
    return _either_way([each for each in ends if each is not None])


def records(scope: Scope) -> Generator[Search, Reply, list[Mapping[str, Any]]]:
    """The newest records: documents with their ids."""
    body = {
        "size": MOST,
        "query": scope.query({"exists": {"field": "source.ip"}}),
        "sort": [{"@timestamp": "desc"}, {"event.start": {"order": "desc", "unmapped_type": "date"}}],
    }
    return [{"_id": hit["_id"], **hit["_source"]} for hit in hits((yield Search("aws.vpcflow", body)))]


def _end(text: str) -> Mapping[str, Any] | None:
    """Address, and port where there is one; None where it is neither."""
    for address, port in ((text, ""), text.rsplit(":", 1) if ":" in text else (text, "")):
        if port and not (port.isdecimal() and int(port) < 65_536):
            continue
        try:
            found = {"ip": str(ip_address(address.removeprefix("[").removesuffix("]")))}
        except ValueError:
            continue
        return found | ({"port": int(port)} if port else {})
    return None


def _either_way(ends: Sequence[Mapping[str, Any]]) -> Clause:
    """From the one to the other, or back."""
    ways = [list(zip(_ENDS, order, strict=False)) for order in (ends, ends[::-1])] + (
        [[(_ENDS[1], ends[0])]] if len(ends) == 1 else []
    )
    should = [
        {"bool": {"filter": [
            {"term": {f"{side}.{leaf}": value}} for side, end in way for leaf, value in end.items()
        ]}}
        for way in ways
    ]  # fmt: skip
    return {"bool": {"should": should, "minimum_should_match": 1}}
