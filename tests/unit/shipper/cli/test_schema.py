"""`shipper schema apply` asks before it changes anything."""

from collections.abc import Callable
from typing import Any

import pytest

from shipper.cli import schema
from shipper.cli.main import run
from shipper.errors import Refused
from shipper.opensearch.schema import ForbidAutoCreate, Obstacle, Plan, PutTemplate
from shipper.opensearch.shards import ShardSum

CHANGE = PutTemplate("/_index_template/x", {}, "missing")
HARMLESS = Obstacle("x-2026.01", "a leaf has another type", "nothing", blocks=False)


class FakeStore:
    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.changed: list[str] = []
        self.then = then
        self.url = "http://fake"

    def call(self, _method: str, path: str, **_: Any) -> object:
        self.changed.append(path)
        self.then()
        return {}


@pytest.fixture
def apply(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, FakeStore]]:
    def apply(plan: Plan, *arguments: str, then: Callable[[], None] = lambda: None) -> tuple[int, FakeStore]:
        store = FakeStore(then)
        monkeypatch.setattr("shipper.cli.context.Context.store", store)
        seen = schema.Seen(plan, ShardSum(1, 1000), ShardSum(1, 1000, new_partitions=36))
        monkeypatch.setattr(schema, "_look", lambda *_, **__: seen)
        return run(["schema", "apply", *arguments]), store

    return apply


def test_an_obstacle_that_does_not_block_is_no_consent(
    apply: Callable[..., tuple[int, FakeStore]], capsys: pytest.CaptureFixture[str]
) -> None:
    code, store = apply(Plan((CHANGE,), (HARMLESS,)))
    assert (code, store.changed) == (3, [])
    assert "add --yes" in capsys.readouterr().err
    code, store = apply(Plan((CHANGE,), (HARMLESS,)), "--yes")
    assert (code, store.changed) == (0, [CHANGE.path])
    capsys.readouterr()
    code, store = apply(Plan((), (HARMLESS,)))
    assert (code, store.changed) == (0, [])
    assert "Shards: 1 exist, at most 37 in a year" in capsys.readouterr().out


def test_an_obstacle_that_blocks_lets_nothing_through(apply: Callable[..., tuple[int, FakeStore]]) -> None:
    code, store = apply(Plan((CHANGE,), (HARMLESS, Obstacle("x", "foreign", "force it"))), "--yes")
    assert (code, store.changed) == (4, [])


def test_a_setting_that_the_user_may_not_change_is_told_and_nothing_fails(
    apply: Callable[..., tuple[int, FakeStore]], capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        if len(store_calls) == 1:
            raise Refused("403 no permissions")
        store_calls.append(1)

    store_calls: list[int] = []
    code, _ = apply(Plan((CHANGE, ForbidAutoCreate("persistent", "-x-*,+*", "is true"))), "--yes", then=refuse)
    assert code == 0
    told = capsys.readouterr()
    assert "1 changes made" in told.out
    assert "403 no permissions" in told.err
    assert "PUT /_cluster/settings" in told.err


def test_ctrl_c_between_changes_does_not_say_that_nothing_was_changed(
    apply: Callable[..., tuple[int, FakeStore]], capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    code, store = apply(Plan((CHANGE, CHANGE)), "--yes", then=interrupt)
    assert (code, len(store.changed)) == (130, 1)
    assert "What was done before stays; plan again shows what is left." in capsys.readouterr().err
