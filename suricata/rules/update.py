"""Rules of others, fetched and merged by suricata-update (suricata-update documentation, "suricata-update update")."""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from suricata.engine import Engine
from suricata.errors import SuricataSilent

_TROUBLE = re.compile(r"<(?:Error|Critical)> -- (?P<what>.*)")


def fetch(engine: Engine, yaml: Path, urls: Sequence[str]) -> str:
    """The merged rules, as text. Without `urls` those of suricata-update's own choice (Emerging Threats Open).

    Raises SuricataSilent where a source cannot be had. suricata-update itself goes on without it and ends with 0, which
    would remove all rules of that source; `--fail` and the errors it prints are both believed.
    """
    with tempfile.TemporaryDirectory(prefix=".update-", dir=yaml.parent) as made:
        arguments = ["update", "--fail", "--no-test", "--no-reload", "--data-dir", "{scratch}"]
        arguments += ["--suricata-conf", str(yaml), "--output", made]
        arguments += [part for url in urls for part in ("--url", url)]
        ran = engine.run("suricata-update", arguments, [yaml.parent], network=True)
        troubles = [found["what"] for found in _TROUBLE.finditer(ran.said)]
        merged = Path(made) / "suricata.rules"
        if ran.code or troubles or not merged.is_file():
            why = "; ".join(dict.fromkeys(troubles)) or ran.said.strip()[-400:] or f"ended with {ran.code}"
            error = SuricataSilent(f"suricata-update: {why}")
            error.add_note("The rules stay as they were. Sources are named by --url or suricata.rule_urls.")
            raise error
        return merged.read_text("utf-8", "replace")
