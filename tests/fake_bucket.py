"""A bucket in memory with faults that a test writes down beforehand; the other side of `Bucket`."""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from threading import Lock
from typing import TYPE_CHECKING

from aws.errors import AwsGone, AwsUnavailable, AwsUnreadable
from aws.s3 import Page, S3Object
from shipper.sources.s3_objects import Bucket


class FakeBody:
    """Bytes from a place on; after `breaks_after` of them the connection breaks."""

    def __init__(self, content: bytes, breaks_after: int | None, size: int, etag: str) -> None:
        self.size = size
        self.etag = etag
        self._content = content
        self._left = breaks_after

    def read(self, size: int, /) -> bytes:
        if self._left is not None:
            if not self._left:
                raise AwsUnavailable("connection broken")
            size = min(size, self._left)
            self._left -= size
        block, self._content = self._content[:size], self._content[size:]
        return block

    def close(self) -> None:
        self._content = b""


@dataclass
class FakeBucket:
    """`listing` and `opening` are called before each call and may raise; `breaks` says after how many bytes."""

    objects: dict[str, bytes] = field(default_factory=dict)
    page_size: int = 1000
    listing: Callable[[str], None] = lambda _: None
    opening: Callable[[str], None] = lambda _: None
    breaks: deque[int] = field(default_factory=deque)
    listed: list[str] = field(default_factory=list)
    opened: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def page(self, bucket: str, prefix: str, *, after: str = "", delimiter: str = "") -> Page:
        assert bucket == "logs"
        self.listing(prefix)
        self.listed.append(prefix)
        objects: list[S3Object] = []
        folders: list[str] = []
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        last = after
        for key in keys[bisect_right(keys, after) :]:
            if folders and key.startswith(folders[-1]):
                continue
            if len(objects) + len(folders) == self.page_size:
                return Page(objects, folders, last, more=True)
            end = key.find(delimiter, len(prefix)) + 1 if delimiter else 0
            if end:
                folders.append(key[:end])
                last = key[:end] + "\U0010ffff"
            else:
                objects.append(S3Object(key, len(self.objects[key]), self.etag(key)))
                last = key
        return Page(objects, folders, last, more=False)

    def open(self, bucket: str, key: str, offset: int = 0, etag: str = "", size: int = -1) -> FakeBody:
        del size
        assert bucket == "logs"
        self.opening(key)
        with self._lock:
            self.opened[key] += 1
            breaks = self.breaks.popleft() if self.breaks else None
        if key not in self.objects:
            raise AwsGone(f"s3://logs/{key}: it is not there any more")
        if etag and etag != self.etag(key):
            raise AwsUnreadable(f"s3://logs/{key}: it was overwritten")
        content = self.objects[key]
        return FakeBody(content[offset:], breaks, len(content), self.etag(key))

    def etag(self, key: str) -> str:
        return md5(self.objects[key], usedforsecurity=False).hexdigest()


if TYPE_CHECKING:
    _bucket: Bucket = FakeBucket()
