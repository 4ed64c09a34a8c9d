"""The fake Dashboards answers what the real one answered, request for request."""

import json
from pathlib import Path
from typing import Any

import dashboard_steps
from fake_dashboards import FakeDashboards

RECORDED = Path(__file__).parents[2] / "data" / "dashboards" / "answers-2.8.ndjson"
# Settings of the server that was recorded.
_ITS_OWN = {"buildNum", "dateFormat:tz", "theme:version"}


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_every_answer_is_the_real_ones() -> None:
    recorded = dict(json.loads(line) for line in RECORDED.read_text().splitlines())
    with FakeDashboards().serving() as fake:
        answers = {name: as_json(answer) for name, answer in dashboard_steps.play(fake.url)}
    for _, told in (recorded["set"], answers["set"]):
        told["settings"] = {name: value for name, value in told["settings"].items() if name not in _ITS_OWN}
    assert list(answers) == list(recorded)
    for name, answer in answers.items():
        assert answer == recorded[name], name
