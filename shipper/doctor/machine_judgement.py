"""What is seen on this machine → findings. Pure."""

from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from shipper.doctor.finding import Finding, fail, gibibytes, ok, some, warn
from shipper.doctor.machine import DeadLetters, ImportName, SettingsFile, StateDirectory
from shipper.loopback import is_loopback
from shipper.opensearch.client import Connection

LEAST_FREE_BYTES = 256 << 20


def settings(file: SettingsFile | None, named: Collection[str], known: Collection[str]) -> Finding:
    """`named`: datasets with settings of their own."""
    seen = f"from {file.path}" if file else "no file: environment and defaults"
    if file and file.holds_password and file.mode & 0o077:
        return warn(f"{seen}, which holds a password and may be read by others", f"chmod 600 {file.path}")
    strangers = sorted(set(named) - set(known))
    if strangers:
        return warn(f"{seen}; no such dataset: {some(strangers)}", f"datasets are {', '.join(sorted(known))}")
    return ok(seen)


def import_names(names: Iterable[ImportName]) -> Finding:
    """Our packages are found before others of the same name."""
    for name in names:
        if name.stranger:
            return fail(
                f"{name.stranger} is installed over our package {name.name} in {name.ours}",
                f"give {name.stranger} a virtual environment of its own and install flowtap again",
            )
        if name.found != name.ours:
            return fail(
                f"`import {name.name}` would take {name.found or 'nothing'} instead of {name.ours}",
                "use a virtual environment of its own, and no other folder with this package on PYTHONPATH",
            )
    return ok("no other package takes the place of ours")


def state_directory(state: StateDirectory) -> Finding:
    """It can be written by us and read by nobody else."""
    if not state.is_directory:
        return fail(f"{state.base} is no directory", "set state.directory to another place")
    if not state.writable:
        return fail(f"{state.base} may not be written by this user", "change its owner, or set state.directory")
    if not state.exists:
        return ok(f"{state.path} will be made with the first run")
    if state.mode & 0o077:
        return warn(
            f"{state.path} may be read by others (mode {state.mode:o}); dead letters hold records",
            f"chmod 700 {state.path}",
        )
    return ok(f"{state.path}, private and writable")


def state_disk(state: StateDirectory, letters_quota: int) -> Finding:
    """Checkpoints and dead letters find room."""
    seen = f"{gibibytes(state.free_bytes)} free in {state.base}"
    if state.free_bytes < LEAST_FREE_BYTES:
        return fail(seen, "free space there, or set state.directory: without room nothing can be committed")
    if state.free_bytes < letters_quota:
        return warn(
            f"{seen}, less than the {gibibytes(letters_quota)} that dead letters may take",
            "free space there, or lower state.dead_letter_quota_bytes",
        )
    return ok(seen)


def state_lock(holder: str | None) -> Finding:
    """A running shipper is not a fault."""
    return ok(f"held by {holder}: a second one needs a state directory of its own" if holder else "nobody holds it")


def dead_letters(letters: DeadLetters) -> Finding:
    """None wait, and there is room for more."""
    if not letters.kinds:
        return ok("none")
    counts = ", ".join(f"{count:,} of {kind}" for kind, count in sorted(letters.kinds.items()))
    seen = f"{counts} wait, {letters.used_bytes:,} of {letters.quota_bytes:,} bytes"
    remedy = "`shipper deadletter list` shows them with reasons; then replay or purge"
    full = letters.used_bytes >= letters.quota_bytes
    return fail(f"{seen}: streams stop at the next one", remedy) if full else warn(seen, remedy)


def checkpoints(count: int) -> Finding:
    """All were read."""
    return ok(f"{count:,}, all readable")


def connection(used: Connection, source: str, signed_as: str = "") -> Finding:
    """Where records go and how they travel. The connection was accepted by the client: its url holds no secret."""
    user = f"as {used.username}" if used.username else "without a user"
    user = f"signed (SigV4) as {signed_as}" if signed_as else user
    seen = f"{used.url} {user}, from {source}"
    parts = urlsplit(used.url)
    if used.username and not used.password:
        return warn(f"{seen}; the password is empty", "set SHIPPER_OPENSEARCH__PASSWORD or opensearch.password_file")
    if parts.scheme == "https":
        return ok(f"{seen}, TLS checked against {_authorities(used.ca_file)}")
    if not is_loopback(parts.hostname or ""):
        what = "password and records" if used.username else "AWS session token and records" if signed_as else "records"
        return warn(f"{seen}; {what} cross the network unencrypted", "use https")
    return ok(f"{seen}, without TLS on this host")


def _authorities(ca_file: Path | None) -> str:
    return str(ca_file) if ca_file else "the system's authorities"
