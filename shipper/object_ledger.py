"""How far each object of buckets is safe: one database, some 70 bytes an object, because there may be 10^7 of them.

A row is known by its folder and 64 bits of its name. Writers that come at the same time share one commit (and one
fsync): a thousand tiny objects a second. SQLite keeps the file whole through kills and power cuts.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from threading import Lock

from shipper.durable import make_directory
from shipper.errors import CorruptState, StateUnwritable
from shipper.interfaces import CheckpointStore
from shipper.model import Checkpoint, StreamKey
from shipper.together import Together

NAME = "objects.sqlite"
FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS folder (
    id INTEGER PRIMARY KEY, kind TEXT, target TEXT, settings TEXT, path TEXT, UNIQUE (kind, target, settings, path));
CREATE TABLE IF NOT EXISTS object (
    folder INTEGER, name BLOB, done INTEGER, size INTEGER, version TEXT, modified INTEGER,
    offset INTEGER, chain TEXT, records INTEGER, PRIMARY KEY (folder, name)) WITHOUT ROWID;
"""
_UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError, ValueError)


@dataclass(frozen=True, slots=True)
class FolderCount:
    """What is known of one folder: so many objects loaded whole and in part, and their records."""

    key: StreamKey
    whole: int
    in_part: int
    records: int


class StateCheckpoints:
    """Checkpoints of one state directory: objects of buckets and hours of log groups in the ledger, all else in a file
    each.
    """

    def __init__(self, files: CheckpointStore, objects: "ObjectLedger") -> None:
        self._files = files
        self._objects = objects

    def read(self, key: StreamKey) -> Checkpoint | None:
        """The stream's checkpoint, None if it has none. Raises CorruptState."""
        return self._of(key).read(key)

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        """Durable when this returns. Raises StateUnwritable."""
        self._of(key).write(key, checkpoint)

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        """Durable when this returns: objects by one commit. Raises StateUnwritable."""
        ours = [each for each in entries if self._of(each[0]) is self._objects]
        if ours:
            self._objects.write_all(ours)
        for key, checkpoint in entries:
            if self._of(key) is self._files:
                self._files.write(key, checkpoint)

    def _of(self, key: StreamKey) -> CheckpointStore:
        return self._objects if key.origin.startswith(("s3://", "cloudwatch://")) else self._files


class ObjectLedger:
    """Checkpoints of objects under one directory. Safe to use from several threads of one process."""

    def __init__(self, directory: Path) -> None:
        """Nothing is opened before the first use."""
        self._path = directory / NAME
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._read_lock = Lock()
        self._reader: sqlite3.Connection | None = None
        self._folders: dict[tuple[str, str, str, str], int] = {}
        self._write = Together(self._keep)

    def read(self, key: StreamKey) -> Checkpoint | None:
        """The object's checkpoint, None if it has none. Raises CorruptState."""
        if self._connection is None and not self._path.exists():
            return None
        with self._read_lock, self._reading(aside=True) as connection:  # no commit is waited for
            folder, name = self._place(connection, key, make=False)
            row = connection.execute(
                "SELECT offset, chain, records, done, size, modified, version FROM object WHERE folder=? AND name=?",
                (folder, name),
            ).fetchone()
        return Checkpoint(row[0], row[1], row[2], bool(row[3]), *row[4:]) if row else None

    def write(self, key: StreamKey, checkpoint: Checkpoint) -> None:
        """Durable when this returns. Raises StateUnwritable."""
        self._write([(key, checkpoint)])

    def write_all(self, entries: Sequence[tuple[StreamKey, Checkpoint]]) -> None:
        """Durable when this returns, by one commit. Raises StateUnwritable."""
        if entries:
            self._write(entries)

    def folders(self) -> Iterator[FolderCount]:
        """What is known, by folder. Raises CorruptState."""
        if self._connection is None and not self._path.exists():
            return
        with self._lock, self._reading() as connection:
            rows = connection.execute(
                "SELECT kind, target, path, settings, sum(done), sum(1 - done), sum(records) FROM folder "
                "JOIN object ON folder = id GROUP BY id ORDER BY kind, path"
            ).fetchall()
        for kind, target, path, settings, whole, in_part, records in rows:
            pairs = tuple((name, value) for name, value in json.loads(settings))
            yield FolderCount(StreamKey(kind, target, path, pairs), whole, in_part, records)

    def forget(self, prefix: str) -> int:
        """Forget the objects of all folders that begin so; returns how many. Raises StateUnwritable."""
        if self._connection is None and not self._path.exists():
            return 0
        with self._lock, self._writing() as connection:
            wanted = "SELECT id FROM folder WHERE substr(path, 1, ?) = ?"
            delete = f"DELETE FROM object WHERE folder IN ({wanted})"  # noqa: S608  (nothing of it is given)
            return connection.execute(delete, (len(prefix), prefix)).rowcount

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
        with self._read_lock:
            if self._reader is not None:
                self._reader.close()
                self._reader = None

    def _keep(self, brought: Sequence[Sequence[tuple[StreamKey, Checkpoint]]]) -> None:
        with self._lock, self._writing() as connection:
            rows = []
            for key, each in chain.from_iterable(brought):
                folder, name = self._place(connection, key, make=True)
                rows.append((folder, name, each.done, each.size, each.version, each.modified_ns,
                             each.offset, each.chain, each.records))  # fmt: skip
            connection.executemany("INSERT OR REPLACE INTO object VALUES (?,?,?,?,?,?,?,?,?)", rows)

    def _place(self, connection: sqlite3.Connection, key: StreamKey, *, make: bool) -> tuple[int, bytes]:
        path, _, name = key.origin.rpartition("/")
        of = (key.kind, key.target, json.dumps(key.settings), path + "/")
        folder = self._folders.get(of, 0)
        if not folder:
            if make:
                connection.execute("INSERT OR IGNORE INTO folder (kind, target, settings, path) VALUES (?,?,?,?)", of)
            found = connection.execute(
                "SELECT id FROM folder WHERE kind=? AND target=? AND settings=? AND path=?", of
            ).fetchone()
            folder = found[0] if found else 0
            if folder and not make:  # made ones may be rolled back
                if len(self._folders) > 10_000:
                    self._folders.clear()
                self._folders[of] = folder
        return folder, blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()

    @contextmanager
    def _reading(self, *, aside: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            yield self._opened_aside() if aside else self._opened()
        except _UNREADABLE as error:
            raise CorruptState(
                f"{self._path} cannot be read ({error}). Delete it to load its objects again; nothing is stored twice."
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._opened()
            with connection:
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise StateUnwritable(f"{self._path} cannot be written: {error}") from error

    def _opened_aside(self) -> sqlite3.Connection:
        """A connection of its own: it sees what was committed last, whatever is being written (SQLite, "WAL")."""
        if self._reader is None:
            with self._lock:
                self._opened()
            self._reader = sqlite3.connect(self._path, check_same_thread=False, timeout=30)
        return self._reader

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            make_directory(self._path.parent)
            connection = sqlite3.connect(self._path, check_same_thread=False, timeout=30)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            with closing(connection.execute("PRAGMA user_version")) as found:
                version = found.fetchone()[0]
            if version not in {0, FORMAT}:
                connection.close()
                raise CorruptState(f"{self._path} has format {version}, this shipper writes {FORMAT}: use a newer one")
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA user_version={FORMAT}")
            self._connection = connection
        return self._connection
