"""Objects of a bucket as inputs, the oldest first, found while reading goes on; each can be read on after a break.

In: a bucket, a prefix and what is wanted of it. Out: inputs, in bounded memory whatever the number of keys: folders
that are not looked into yet, and one page of a listing. What was delivered late is found like anything else, because
it is each object's own checkpoint that says whether it was loaded.
"""

from collections.abc import Callable, Iterator
from functools import partial
from heapq import heappop, heappush
from threading import Lock
from typing import Protocol

from aws.errors import AwsDenied, AwsError, AwsGone, AwsUnreadable
from aws.s3 import Page, S3Object
from shipper.errors import Refused, SourceDamaged, Unavailable, ours
from shipper.sources.inputs import SCHEME, Input, Reader
from shipper.sources.patience import Patience
from shipper.sources.s3_layout import Wanted, folder_of, is_wanted, may_hold

_HEAD_BYTES = 64 << 10
"""So much of an object's beginning is kept: what it is packed in is told by it, and then it is read from its start."""

MOST_DENIED = 20
"""So many objects denied and none granted: the permission is missing, not a single object's."""


class Version(Reader, Protocol):
    """The bytes of an object from a place on, its size and ETag as they are now."""

    @property
    def size(self) -> int:
        """The whole object's."""

    @property
    def etag(self) -> str:
        """What is another for other bytes."""


class Bucket(Protocol):
    """What is needed of S3; `aws.s3.S3` is one."""

    def page(self, bucket: str, prefix: str, *, after: str = "", delimiter: str = "") -> Page:
        """What is below a prefix, in order."""

    def open(self, bucket: str, key: str, offset: int = 0, etag: str = "", size: int = -1) -> Version:
        """An object's bytes from a place on; `size` is what a listing says, or -1."""


class S3Objects:
    """The objects below some addresses. Iterate once; readers may be opened from any thread."""

    def __init__(self, client: Bucket, patience: Patience, wanted: Wanted) -> None:
        self._client = client
        self.patience = patience
        self._wanted = wanted
        self._lock = Lock()
        self._denied = 0
        self._granted = False

    def below(self, bucket: str, prefix: str) -> Iterator[Input]:
        """Objects by their folder's time, those without one first. Raises Refused, ConfigError, Unavailable."""
        folders: list[tuple[str, str]] = [("", prefix)]
        while folders:
            _, folder = heappop(folders)
            delimiter = "" if folder_of(folder).is_day else "/"
            for page in self._pages(bucket, folder, delimiter):
                for found in page.folders:
                    if may_hold(found, self._wanted):
                        begin = folder_of(found).begin
                        heappush(folders, (begin.isoformat() if begin else "", found))
                for each in page.objects:
                    if is_wanted(each.key, self._wanted):
                        yield self.input(bucket, each)

    def input(self, bucket: str, found: S3Object) -> Input:
        """One object."""
        origin = f"{SCHEME}{bucket}/{found.key}"
        return Input(origin, partial(self._open, bucket, found), found.size, version=found.etag)

    def _pages(self, bucket: str, prefix: str, delimiter: str) -> Iterator[Page]:
        after, more = "", True
        while more:
            try:
                page = self.patience(partial(self._client.page, bucket, prefix, after=after, delimiter=delimiter))
            except AwsError as error:
                raise ours(error) from error
            yield page
            after, more = page.last, page.more

    def _open(self, bucket: str, found: S3Object) -> "S3Reader":
        if found.size == 0:
            raise SourceDamaged(f"{SCHEME}{bucket}/{found.key}: it is empty (zero bytes)")
        return S3Reader(found.size, partial(self._body, bucket, found), self.patience)

    def _body(self, bucket: str, found: S3Object, offset: int, etag: str) -> Version:
        try:
            body = self._client.open(bucket, found.key, offset, etag, found.size)
        except AwsDenied as error:
            with self._lock:
                self._denied += 1
                if not self._granted and self._denied >= MOST_DENIED:
                    raise Refused(f"{error}. None of the first {self._denied} objects may be read") from error
            raise
        self._granted = True
        return body


class S3Reader:
    """An object's bytes; a connection that breaks is opened anew where it broke. Not for several threads.

    They are of the version that is there when it is first read, which may be a later one than was listed or told of.
    """

    def __init__(self, size: int, body: Callable[[int, str], Version], patience: Patience) -> None:
        self._size = size
        self._open_body = body
        self._patience = patience
        self._body: Version | None = None
        self._body_place = 0
        self._etag = ""
        self._place = 0
        self._head = b""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end. Raises SourceDamaged for an object that cannot be read."""
        if self._place >= self._size or size <= 0:
            return b""
        try:
            if self._place == 0 and not self._head:
                self._head = self._patience(partial(self._try, _HEAD_BYTES))
            if self._place < len(self._head):
                block = self._head[self._place : self._place + size]
            else:
                block = self._patience(partial(self._try, size))
        except (AwsDenied, AwsGone, AwsUnreadable) as error:
            raise SourceDamaged(str(error)) from error
        except AwsError as error:
            raise ours(error) from error
        self._place += len(block)
        return block

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go there; whence as in io.IOBase.seek."""
        self._place = max(0, offset + (0, self._place, self._size)[whence])
        return self._place

    def tell(self) -> int:
        """The place from the start."""
        return self._place

    def close(self) -> None:
        """Let go of the connection."""
        self._let_go()

    def _try(self, size: int) -> bytes:
        try:
            if self._body is not None and self._body_place != self._place:
                self._let_go()
            if self._body is None:
                self._body = self._open_body(self._place, self._etag)
                self._body_place = self._place
                self._size, self._etag = self._body.size, self._body.etag
            block = self._body.read(size)
            self._body_place += len(block)
        except (AwsError, Unavailable):
            self._let_go()
            raise
        return block

    def _let_go(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None
