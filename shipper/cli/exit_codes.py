"""Which error leaves with which exit code."""

from shipper.errors import (
    ConfigError,
    CorruptState,
    Refused,
    ShipperError,
    SourceDamaged,
    StateBusy,
    StateUnwritable,
    Unavailable,
)

EXIT_CODES: dict[type[ShipperError], int] = {
    ConfigError: 3,
    StateBusy: 3,
    StateUnwritable: 3,
    CorruptState: 3,
    Unavailable: 4,
    Refused: 4,
    SourceDamaged: 5,
}

BROKEN_PIPE = 141
"""What a shell shows of a command that SIGPIPE ended."""

EXIT_HELP = """\b
Exit codes:
  0  done
  1  a bug of ours
  2  usage
  3  settings, or the state directory
  4  the far end: cannot be reached, or refuses
  5  done, but some records are dead letters or some inputs could not be read whole
  6  a plan has changes (with --detailed-exitcode)
  130, 143  stopped by SIGINT, SIGTERM: what is committed is safe, run again to go on
  141  nobody reads the results any more (shipper … | head)
\b
With --json an error that leaves no other result is {"failure": "…"} on standard output, too.
"""


def exit_code(error: ShipperError) -> int:
    """The exit code of an error; 1, a bug of ours, for one that is not in the table."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), 1)
