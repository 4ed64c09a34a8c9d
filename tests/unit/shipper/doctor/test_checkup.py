"""The order of checks, what is skipped and why, errors as findings, the exit code."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shipper.config import Loaded
from shipper.doctor.checks import CHECKS
from shipper.doctor.checkup import Check, Side, Subject, examine, exit_code
from shipper.doctor.finding import Finding, Outcome, fail, ok, warn
from shipper.errors import ConfigError, CorruptState, Refused, Unavailable
from shipper.opensearch.client import Connection
from shipper.settings import Settings

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
OK, FAIL, SKIPPED = Outcome.OK, Outcome.FAIL, Outcome.SKIPPED


def raising(error: Exception) -> Any:
    def look(_: Subject) -> Finding:
        raise error

    return look


def checkup(*checks: Check) -> dict[str, Finding]:
    subject = Subject(lambda: Loaded(Settings(), None, Connection("http://127.0.0.1:1"), "a test"), lambda: NOW)
    return {result.name: result.finding for result in examine(subject, checks)}


def test_what_needs_a_failed_check_is_skipped_with_the_reason_at_the_root() -> None:
    found = checkup(
        Check("a", Side.HERE, lambda _: fail("broken", "mend it")),
        Check("b", Side.FAR, raising(AssertionError()), ("a",)),
        Check("c", Side.FAR, raising(AssertionError()), ("b",)),
        Check("d", Side.FAR, lambda _: ok("fine")),
    )
    assert [finding.outcome for finding in found.values()] == [FAIL, SKIPPED, SKIPPED, OK]
    assert found["c"].seen == "because a failed"


@pytest.mark.parametrize(
    "error",
    [ConfigError("what"), Unavailable("what"), Refused("what"), CorruptState("what"), OSError(13, "what", "where")],
)
def test_an_error_is_a_finding_with_a_remedy(error: Exception) -> None:
    found = checkup(Check("a", Side.HERE, raising(error)))["a"]
    assert found.outcome is FAIL
    assert "what" in found.seen
    assert found.remedy


def test_what_may_not_be_read_is_told_once() -> None:
    permissions = Check("permissions", Side.FAR, lambda _: fail("no", "role"))
    assert checkup(permissions, Check("a", Side.FAR, raising(Refused("403"))))["a"].outcome is SKIPPED
    assert checkup(Check("a", Side.FAR, raising(Refused("403"))))["a"].outcome is FAIL


@pytest.mark.parametrize(
    ("here", "far", "code"), [(ok, ok, 0), (warn, warn, 0), (ok, fail, 4), (fail, ok, 3), (fail, fail, 3)]
)
def test_the_exit_code_is_that_of_the_side_that_fails(here: Any, far: Any, code: int) -> None:
    given = {ok: ("x",), warn: ("x", "y"), fail: ("x", "y")}
    checks = (
        Check("here", Side.HERE, lambda _: here(*given[here])),
        Check("far", Side.FAR, lambda _: far(*given[far])),
    )
    subject = Subject(raising(ConfigError("unused")), lambda: NOW)
    assert exit_code(examine(subject, checks)) == code


def test_with_settings_that_are_wrong_all_that_needs_them_is_skipped() -> None:
    def load() -> Loaded:
        raise ConfigError("opensearch.urll (set in --set): no")

    results = examine(Subject(load, lambda: NOW), CHECKS)
    outcomes = {result.name: result.finding.outcome for result in results}
    assert outcomes.pop("settings") is FAIL
    assert outcomes.pop("import names") is OK
    assert set(outcomes.values()) == {SKIPPED}
    assert exit_code(results) == 3


def test_a_check_needs_only_checks_before_it() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(names.index(needed) < at for at, check in enumerate(CHECKS) for needed in check.needs)
