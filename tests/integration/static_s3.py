"""A bucket of many tiny flow-log objects that are never stored anywhere: made when they are asked for, by number.

As a program it serves until it is ended: `python static_s3.py OBJECTS RECORDS`, and prints its port. A process of its
own, so that a bench can tell its CPU time from the reader's. It answers ListObjectsV2 and GetObject and checks nothing.
Amazon S3 API Reference: "ListObjectsV2", "GetObject".
"""

import asyncio
import gzip
import subprocess
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote

sys.path.insert(0, str(Path(__file__).parents[1]))  # as a program it finds its siblings itself

from aws_keys import object_key
from integration.flow_log_files import HEADER
from integration.numbered_objects import numbered_record

BUCKET = "tiny-flow-logs"
PREFIX = "AWSLogs/"
_DAY_OBJECTS = 1000
_PAGE = 1000


def keys(objects: int) -> list[str]:
    """Their keys, a thousand a day, in order; the number is the last part of the name."""
    return [object_key(f"2026/{1 + n // 28000 % 12:02}/{1 + n // 1000 % 28:02}", n) for n in range(objects)]


def content(number: int, records: int) -> bytes:
    """An object's bytes: a header and these records."""
    lines = [HEADER, *(numbered_record(number * records + each) for each in range(records)), ""]
    return gzip.compress("\n".join(lines).encode(), 1, mtime=0)


class StaticBucket:
    """Answers by target; pure."""

    def __init__(self, objects: int, records: int) -> None:
        self._keys = sorted(keys(objects))
        self._records = records

    def answer(self, target: str) -> tuple[int, bytes, str]:
        """Status, body and ETag."""
        path, _, query = target.partition("?")
        given = dict(parse_qsl(query, keep_blank_values=True))
        if "list-type" in given:
            return 200, self._listed(given), ""
        key = unquote(path).removeprefix(f"/{BUCKET}/")
        number = self._number(key)
        if number < 0:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", ""
        return 200, content(number, self._records), f'"{number:032x}"'

    def _number(self, key: str) -> int:
        place = bisect_left(self._keys, key)
        known = place < len(self._keys) and self._keys[place] == key
        return int(key.removesuffix(".log.gz").rpartition("_")[2], 16) if known else -1

    def _listed(self, given: dict[str, str]) -> bytes:
        prefix, delimiter, after = (given.get(name, "") for name in ("prefix", "delimiter", "start-after"))
        place = max(bisect_left(self._keys, prefix), bisect_right(self._keys, after) if after else 0)
        parts: list[str] = []
        entries = 0
        while place < len(self._keys) and self._keys[place].startswith(prefix) and entries < _PAGE:
            key = self._keys[place]
            end = key.find(delimiter, len(prefix)) + 1 if delimiter else 0
            if end:
                parts.append(f"<CommonPrefixes><Prefix>{quote(key[:end], safe='/')}</Prefix></CommonPrefixes>")
                place = bisect_left(self._keys, key[:end] + "\U0010ffff")
            else:
                size = len(content(self._number(key), self._records))
                etag = f"{self._number(key):032x}"
                parts.append(
                    f'<Contents><Key>{quote(key, safe="/")}</Key><Size>{size}</Size><ETag>"{etag}"</ETag></Contents>'
                )
                place += 1
            entries += 1
        more = place < len(self._keys) and self._keys[place].startswith(prefix)
        return (
            "<?xml version='1.0'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
            f"<EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}</IsTruncated>{''.join(parts)}"
            "</ListBucketResult>"
        ).encode()


class _Connection(asyncio.Protocol):
    """One connection: requests without bodies, one after the other."""

    def __init__(self, bucket: StaticBucket) -> None:
        self._bucket = bucket
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head, self._held = self._held[:end], self._held[end + 4 :]
            target = head.split(b" ", 2)[1].decode("ascii")
            status, body, etag = self._bucket.answer(target)
            named = f"ETag: {etag}\r\n" if etag else ""
            told = f"HTTP/1.1 {status} -\r\nContent-Length: {len(body)}\r\n{named}Server: static\r\n\r\n"
            self._transport.write(told.encode() + body)


async def _serve(objects: int, records: int) -> None:
    bucket = StaticBucket(objects, records)
    server = await asyncio.get_running_loop().create_server(partial(_Connection, bucket), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def static_s3(objects: int, records: int) -> Iterator[str]:
    """Serve in a process of its own until left; gives the address."""
    command: Sequence[object] = [sys.executable, Path(__file__), objects, records]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            assert port, "no port was told"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2])))
