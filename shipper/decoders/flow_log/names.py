"""Column names as other tools spell them → AWS's spelling.

`account_id` (Parquet, Athena), `accountId` (CloudWatch Logs Insights discovers fields under such names) and the names
in older Athena tables are all the same columns. An unknown name stays as it is.
"""

from collections.abc import Iterable
from typing import Final

from shipper.decoders.flow_log.fields import KNOWN_NAMES

# CloudWatch Logs User Guide, "Supported logs and discovered fields": startTime, endTime. Amazon Athena User Guide,
# "Query VPC flow logs", the table for text logs in its first version: sourceaddress, numbytes and their like.
_OTHERWISE: Final = {
    "account": "account-id",
    "sourceaddress": "srcaddr",
    "destinationaddress": "dstaddr",
    "sourceport": "srcport",
    "destinationport": "dstport",
    "numpackets": "packets",
    "numbytes": "bytes",
    "starttime": "start",
    "endtime": "end",
}


def _squeezed(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


_KNOWN: Final = {_squeezed(name): name for name in KNOWN_NAMES} | _OTHERWISE


def column_name(name: str) -> str:
    """AWS's spelling of a column's name."""
    return _KNOWN.get(_squeezed(name), name)


def column_names(names: Iterable[str]) -> tuple[str, ...] | None:
    """AWS's spelling of a whole row of names; None if two of them are the same column."""
    found = tuple(map(column_name, names))
    return found if len(set(found)) == len(found) else None


def mostly_known(columns: Iterable[str]) -> bool:
    """Whether more than half of these are a flow log's columns."""
    known = [name in KNOWN_NAMES for name in columns]
    return 2 * sum(known) > len(known)
