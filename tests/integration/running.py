"""`shipper run` as a process that is watched from outside, killed and begun again."""

import json
import signal
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import urllib3
from prometheus_client.parser import text_string_to_metric_families

from integration.command import Shipper
from integration.containers import free_port, wait_for


class Running:
    """A run that is killed when it is left, if it has not ended before."""

    def __init__(self, shipper: Shipper, file: Path, *options: object) -> None:
        self.url = f"127.0.0.1:{free_port()}"
        arguments = ["--config", file, "--set", "watch.unhealthy_after_seconds=1", "run", "--http", self.url]
        command = shipper.command(*arguments, "--log-json", *options)
        self._told = shipper.state.with_name(f"told-{self.url.rpartition(':')[2]}.jsonl")
        with self._told.open("w") as stderr:
            self.process = Popen(command, env=shipper.environment(), stdout=DEVNULL, stderr=stderr)

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def health(self) -> tuple[int, Any]:
        """0 while nothing is served yet."""
        try:
            with urllib3.PoolManager(retries=False, timeout=5) as pool:
                answer = pool.request("GET", f"http://{self.url}/healthz")
        except urllib3.exceptions.HTTPError:
            assert self.process.poll() is None, self.last_words()
            return 0, {}
        return answer.status, answer.json()

    def sample(self, name: str) -> float:
        with urllib3.PoolManager(retries=False, timeout=5) as pool:
            text = pool.request("GET", f"http://{self.url}/metrics").data.decode()
        samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
        return next(each.value for each in samples if each.name == name and each.labels.get("stream", "eve") == "eve")

    def wait_for_health(self, status: int, what: str = "", seconds: float = 60) -> None:
        def there() -> bool:
            now, told = self.health()
            return now == status and what in told.get("what", "")

        wait_for(there, seconds, lambda: str(self.health()))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        return self.process.wait(timeout=90)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._told.read_text().splitlines() if line.startswith("{")]

    def last_words(self) -> str:
        return self._told.read_text()[-2000:]
