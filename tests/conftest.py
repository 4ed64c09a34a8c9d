"""Options of the whole test run, and an environment without anybody's settings."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A run is the same run everywhere, on slow machines too: `make search` looks for what these examples do not show.
settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("FLOWTAP_HYPOTHESIS", "same"))  # noqa: TID251


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write golden outputs and docs/fields.md anew")
    parser.addoption("--real-aws", action="store_true", help="run what makes and removes things in a real AWS account")
    parser.addoption("--require-services", action="store_true", help="fail where a service is missing, do not skip")


@pytest.fixture(autouse=True)
def _settings_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """No test meets the settings, credentials or connection file of whoever runs it, but for --real-aws."""
    theirs = ("SHIPPER_", "OPENSEARCH_")
    if request.node.get_closest_marker("real_aws") is None or not request.config.getoption("--real-aws"):
        theirs = (*theirs, "AWS_")
    for name in os.environ:  # noqa: TID251
        if name.startswith(theirs):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nobody" / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "nobody" / "state"))
