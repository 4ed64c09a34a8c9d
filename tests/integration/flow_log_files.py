"""Flow-log files for load tests: every record carries a nonce, so that each can be counted in the store."""

import gzip
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
BEGIN = 1_767_225_600  # 2026-01-01


def nonce(number: int) -> str:
    """An interface id that only this record has."""
    return f"eni-{number:017x}"


def record(number: int, end: int) -> str:
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    port = 1024 + number % 60000
    return f"2 123456789010 {nonce(number)} {address} 172.31.16.21 {port} 443 6 20 4249 {end - 60} {end} ACCEPT OK"


def write_files(folder: Path, records: int, files: int) -> list[str]:
    """Plain and gzip in turn, of different sizes, over three months; gives the nonces written."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = iter(range(records))
    for place in range(files):
        share = records // files if place < files - 1 else records
        lines = list(_lines(numbers, share, place % 3))
        text = ("\n".join([HEADER, *lines]) + "\n").encode()
        path = folder / f"export-{place:03}.log{'.gz' if place % 2 else ''}"
        path.write_bytes(gzip.compress(text, 1, mtime=0) if place % 2 else text)
    return [nonce(number) for number in range(records)]


def _lines(numbers: Iterator[int], count: int, month: int) -> Iterator[str]:
    for _, number in zip(range(count), numbers, strict=False):
        yield record(number, BEGIN + month * 31 * 86400 + number % 86400)
