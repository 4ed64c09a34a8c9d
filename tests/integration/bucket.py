"""A bucket at moto's server that holds flow logs, and the command that is pointed at it."""

import gzip
from datetime import datetime
from typing import Any

from aws_server import client
from integration.command import Shipper
from integration.flow_log_files import BEGIN, HEADER, nonce, record
from shipper.identity import object_name

BUCKET = "flow-logs-of-all"


class Bucket:
    """A bucket at moto's, and the command that is pointed at it."""

    def __init__(self, url: str, shipper: Shipper) -> None:
        self.url = url
        self.client = client("s3", url)
        self.shipper = shipper
        self.interfaces: list[str] = []
        self.client.create_bucket(Bucket=BUCKET)

    def put(self, key: str, records: int = 20) -> None:
        """An object with so many records of its time, each of an interface of its own."""
        named = object_name(key)
        end = BEGIN if named is None else int(datetime.strptime(named.stamp + "+0000", "%Y%m%dT%H%MZ%z").timestamp())
        lines = [HEADER]
        for number in range(len(self.interfaces), len(self.interfaces) + records):
            self.interfaces.append(nonce(number))
            lines.append(record(number, end + number % 60))
        self.put_bytes(key, gzip.compress("\n".join([*lines, ""]).encode()))

    def put_bytes(self, key: str, content: bytes, **more: str) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=content, **more)

    def backfill(self, *arguments: str, prefix: str = "", code: int | None = 0) -> Any:
        done = self.shipper(
            "backfill",
            "flowlogs",
            f"s3://{BUCKET}/{prefix}",
            "--endpoint-url",
            self.url,
            "--json",
            *arguments,
            code=code,
        )
        return done.json
