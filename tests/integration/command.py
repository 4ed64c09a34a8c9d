"""The installed command `shipper`, run as a person runs it, against a node and with a state directory of the test's."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from integration.containers import OpenSearchNode, wait_for

TIMEOUT_SECONDS = 240
SHARD_SECONDS = 60
"""A partition that was just made is searchable after this at the latest."""


@dataclass(frozen=True, slots=True)
class Done:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Shipper:
    """`shipper` with this node, index prefix and state directory."""

    node: OpenSearchNode
    prefix: str
    state: Path
    timeout_seconds: float = TIMEOUT_SECONDS

    def __call__(self, *arguments: object, stdin: bytes = b"", code: int | None = 0) -> Done:
        """Run to the end. `code` is the exit code expected; None takes any."""
        ran = subprocess.run(
            self.command(*arguments), env=self.environment(), input=stdin, capture_output=True, check=False,
            timeout=self.timeout_seconds,
        )  # fmt: skip
        done = Done(ran.returncode, ran.stdout.decode(), ran.stderr.decode())
        assert code is None or done.code == code, f"exit {done.code}\n{done.out}\n{done.err}"
        return done

    def start(self, *arguments: object, stderr: int | None = subprocess.PIPE) -> subprocess.Popen[str]:
        """Start and return at once."""
        return subprocess.Popen(
            self.command(*arguments), env=self.environment(), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=stderr,
        )  # fmt: skip

    def command(self, *arguments: object) -> Sequence[str]:
        return [sys.executable, "-m", "shipper", *map(str, arguments)]

    def environment(self) -> dict[str, str]:
        node = self.node
        given = {
            "SHIPPER_OPENSEARCH__URL": node.url,
            "SHIPPER_OPENSEARCH__USERNAME": node.username,
            "SHIPPER_OPENSEARCH__PASSWORD": node.password,
            "SHIPPER_OPENSEARCH__CA_FILE": str(node.ca_file or ""),
            "SHIPPER_OPENSEARCH__PREFIX": self.prefix,
            "SHIPPER_STATE__DIRECTORY": str(self.state),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHIPPER_", "OPENSEARCH_"))}  # noqa: TID251
        return kept | {name: value for name, value in given.items() if value}

    def search(self, body: object, dataset: str = "aws.vpcflow") -> Any:
        """A search over all partitions of a dataset, after a refresh. One just made has no shard for a moment."""
        said: list[tuple[int, Any]] = []

        def asked() -> bool:
            self.node.request("POST", f"/{self.prefix}-*/_refresh")
            said.append(self.node.request("POST", f"/{self.prefix}-{dataset}-*/_search", body))
            return said[-1][0] != 503

        wait_for(asked, SHARD_SECONDS, lambda: str(said[-1]))
        status, answer = said[-1]
        assert status == 200, answer
        return answer

    def documents(self, query: object = None, dataset: str = "aws.vpcflow") -> list[dict[str, Any]]:
        """Up to 1,000 hits."""
        body = {"size": 1000, "query": query or {"match_all": {}}, "fields": ["_ignored"]}
        return list(self.search(body, dataset)["hits"]["hits"])

    def count(self, dataset: str = "aws.vpcflow") -> int:
        answer = self.search({"size": 0, "track_total_hits": True}, dataset)
        return int(answer["hits"]["total"]["value"])

    def copies(self, field: str, dataset: str = "aws.vpcflow") -> dict[str, int]:
        """How many documents hold each value of a keyword field."""
        found: dict[str, int] = {}
        after: dict[str, Any] | None = None
        while True:
            composite = {"size": 10_000, "sources": [{"value": {"terms": {"field": field}}}]}
            composite |= {"after": after} if after else {}
            answer = self.search({"size": 0, "aggs": {"all": {"composite": composite}}}, dataset)["aggregations"]["all"]
            found |= {bucket["key"]["value"]: bucket["doc_count"] for bucket in answer["buckets"]}
            after = answer.get("after_key")
            if after is None:
                return found

    @contextmanager
    def with_schema(self) -> Iterator[Self]:
        """Nothing of this prefix but its schema; nothing at all when left."""
        self.anew()
        try:
            yield self
        finally:
            self.remove()

    def anew(self) -> None:
        """Nothing of this prefix but its schema."""
        self.remove()
        self("schema", "apply", "--yes")

    def remove(self) -> None:
        """Delete everything of this prefix."""
        self.node.request("DELETE", f"/{self.prefix}-*?expand_wildcards=open,closed")
        for kind in ("_index_template", "_component_template"):
            self.node.request("DELETE", f"/{kind}/{self.prefix}-*")
