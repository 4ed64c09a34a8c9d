"""The tree of errors. Each class says what its caller does next; each message names what is at hand.

The other packages have errors of their own: one table says what each is here.
"""

from collections.abc import Mapping

from aws.errors import AwsError, AwsRefused, AwsUnavailable
from dashboards.errors import DashboardsError, DashboardsRefused, DashboardsUnavailable
from mirror.errors import CaptureDamaged, JournalUnwritable, MirrorError
from suricata.errors import SuricataError, SuricataRefused, SuricataSilent


class ShipperError(Exception):
    """Root of everything shipper raises on purpose."""


class ConfigError(ShipperError):
    """A setting or argument is wrong: stop before starting. The message names the key and where it was set."""


class DecodeError(ShipperError):
    """This record is bad: dead-letter it, go on."""


class Unavailable(ShipperError):
    """The far end cannot answer now: wait and try again."""


class Refused(ShipperError):
    """The far end says no (credentials, permission, a missing template): stop this stream."""


class CorruptState(ShipperError):
    """Our own checkpoint or dead-letter file cannot be read: stop, never guess."""


class StateBusy(ShipperError):
    """Another process holds this state directory. The message says which."""


class StateUnwritable(ShipperError):
    """A checkpoint or dead letter cannot be made safe (disk full, read-only): stop, so that nothing is dropped."""


class SourceDamaged(ShipperError):
    """An input cannot be read to its end (truncated or corrupt compression, read error).

    What was read before is good; the input is not finished and is read again next time.
    """


class NotRecords(ShipperError):
    """An input surely holds nothing of the kind that is loaded: pass it over. The message says what it is."""


class EndOfInput(ShipperError):
    """No more records can come from this source."""


LEAF_ERRORS: Mapping[type[Exception], type[ShipperError]] = {
    AwsUnavailable: Unavailable,
    AwsRefused: Refused,
    AwsError: ConfigError,
    CaptureDamaged: SourceDamaged,
    JournalUnwritable: StateUnwritable,
    MirrorError: ConfigError,
    DashboardsUnavailable: Unavailable,
    DashboardsRefused: Refused,
    DashboardsError: ConfigError,
    SuricataSilent: Unavailable,
    SuricataRefused: Refused,
    SuricataError: ConfigError,
}
"""Errors of other packages → ours. The first row that fits decides; each package's root stands behind its own."""


def ours(error: Exception) -> ShipperError:
    """The error of ours for one of another package, with its message. Raises KeyError where the table has none."""
    for theirs, kind in LEAF_ERRORS.items():
        if isinstance(error, theirs):
            return kind(str(error))
    raise KeyError(type(error))
