"""Every way in which an import can go, against a Dashboards that answers as the real one does."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dashboards.bundle import read, shipped, with_range
from dashboards.client import Dashboards, Place
from dashboards.errors import DashboardsError, DashboardsRefused, DashboardsUnavailable, ObjectsInvalid
from dashboards.exporter import exported
from dashboards.importer import Defaults, apply, look, set_defaults, wait_until_ready
from dashboards.panels import DASHBOARDS
from dashboards.plan import Deed, Plan
from dashboards.saved_object import Reference, SavedObject
from fake_dashboards import FakeDashboards

WANTED = shipped()
DEFAULTS = Defaults("flowtap-aws.vpcflow", "flowtap-overview")
OVERVIEW = ("dashboard", "flowtap-overview")
PORTS = ("visualization", "flowtap-overview-ports")


@pytest.fixture
def fake() -> Iterator[FakeDashboards]:
    with FakeDashboards().serving() as fake:
        yield fake


def server(fake: FakeDashboards, **more: Any) -> Dashboards:
    return Dashboards(Place(fake.url, **({"tenant": "global"} | more)))


def run(
    fake: FakeDashboards, wanted: Sequence[SavedObject] = WANTED, *, force: bool = False, **place: Any
) -> tuple[Plan, list[SavedObject]]:
    """Plan and apply; the plan, and what was backed up."""
    backups: list[SavedObject] = []
    to = server(fake, **place)
    planned = look(to, wanted, force=force)
    apply(to, planned, backups.extend)
    return planned, backups


def writes(fake: FakeDashboards) -> list[str]:
    return [target for method, target, _ in fake.asked if method == "POST" and "_import" in target]


def edited(fake: FakeDashboards, key: tuple[str, str], **attributes: Any) -> None:
    """As a person saves it: the content changes, the description stays."""
    there = fake.objects[key]
    fake.objects[key] = there | {"attributes": there["attributes"] | attributes}


def deeds(planned: Plan) -> dict[Deed, int]:
    return {deed: len(planned.of(deed)) for deed in Deed if planned.of(deed)}


def test_fresh_everything_comes_in_and_is_read_back(fake: FakeDashboards) -> None:
    planned, backups = run(fake)
    assert deeds(planned) == {Deed.CREATE: len(WANTED)}
    assert fake.objects.keys() == {each.key for each in WANTED}
    assert backups == []
    assert fake.asked[-1][1].endswith("_bulk_get")


def test_repeated_nothing_is_written(fake: FakeDashboards) -> None:
    run(fake)
    before = len(writes(fake))
    planned, backups = run(fake)
    assert deeds(planned) == {Deed.LEAVE: len(WANTED)}
    assert len(writes(fake)) == before
    assert backups == []


def test_another_version_of_ours_is_replaced_and_backed_up(fake: FakeDashboards) -> None:
    run(fake, with_range(WANTED, "2024-01-01T00:00:00.000Z", "2024-02-01T00:00:00.000Z"))
    planned, backups = run(fake)
    assert deeds(planned) == {Deed.UPDATE: len(DASHBOARDS), Deed.LEAVE: len(WANTED) - len(DASHBOARDS)}
    assert {each.attributes["timeFrom"] for each in backups} == {"2024-01-01T00:00:00.000Z"}
    assert fake.objects[OVERVIEW]["attributes"]["timeFrom"] == "now-24h"


def test_what_a_user_edited_is_kept_and_said(fake: FakeDashboards) -> None:
    run(fake)
    edited(fake, OVERVIEW, panelsJSON="[]")
    newer = [
        replace(each, attributes={**each.attributes, "hits": 1}) if each.key == OVERVIEW else each for each in WANTED
    ]
    planned, backups = run(fake, newer)
    assert deeds(planned) == {Deed.KEEP: 1, Deed.LEAVE: len(WANTED) - 1}
    assert fake.objects[OVERVIEW]["attributes"]["panelsJSON"] == "[]"
    assert backups == []


def test_force_overwrites_an_edit_and_backs_it_up(fake: FakeDashboards) -> None:
    run(fake)
    edited(fake, OVERVIEW, panelsJSON="[]")
    planned, backups = run(fake, force=True)
    assert deeds(planned) == {Deed.OVERWRITE: 1, Deed.LEAVE: len(WANTED) - 1}
    assert [each.attributes["panelsJSON"] for each in backups] == ["[]"]
    assert fake.objects[OVERVIEW]["attributes"]["panelsJSON"] != "[]"


def test_a_foreign_object_of_our_id_is_kept(fake: FakeDashboards) -> None:
    fake.objects[PORTS] = {"type": PORTS[0], "id": PORTS[1], "attributes": {"title": "mine"}, "references": []}
    planned, _ = run(fake)
    assert deeds(planned) == {Deed.CREATE: len(WANTED) - 1, Deed.KEEP: 1}
    assert fake.objects[PORTS]["attributes"] == {"title": "mine"}


def test_an_index_pattern_that_dashboards_refreshed_is_still_ours(fake: FakeDashboards) -> None:
    """It counts how often a field was looked at, and adds leaves that came since."""
    run(fake)
    key = ("index-pattern", "flowtap-aws.vpcflow")
    fields = json.loads(fake.objects[key]["attributes"]["fields"])
    fields[0]["count"] = 7
    more = [*fields, fields[0] | {"name": "new.leaf"}]
    edited(fake, key, fields=json.dumps(more))
    planned, _ = run(fake)
    assert deeds(planned) == {Deed.LEAVE: len(WANTED)}
    edited(fake, key, fields=json.dumps(fields[:-3]))  # one that lacks what panels need
    planned, _ = run(fake)
    assert deeds(planned) == {Deed.UPDATE: 1, Deed.LEAVE: len(WANTED) - 1}


def test_half_failed_it_says_what_is_missing_and_the_next_run_goes_on(fake: FakeDashboards) -> None:
    fake.lose = {PORTS[1]}
    with pytest.raises(DashboardsRefused, match="visualization:flowtap-overview-ports is not there"):
        run(fake)
    fake.lose = set()
    planned, _ = run(fake)
    assert deeds(planned) == {Deed.CREATE: 1, Deed.LEAVE: len(WANTED) - 1}


def test_one_object_refused_fails_though_the_answer_is_200(fake: FakeDashboards) -> None:
    foreign = [each.with_attributes(controlGroupInput="{}") if each.key == PORTS else each for each in WANTED]
    with pytest.raises(DashboardsRefused, match=r"overview-ports: mapping set to strict.*controlGroupInput"):
        run(fake, foreign)


def test_what_somebody_makes_meanwhile_is_a_conflict_and_not_overwritten(fake: FakeDashboards) -> None:
    def meanwhile(there: FakeDashboards) -> None:
        there.objects[PORTS] = {"type": PORTS[0], "id": PORTS[1], "attributes": {"title": "mine"}, "references": []}

    fake.before_import = meanwhile
    with pytest.raises(DashboardsRefused, match="overview-ports: somebody made one of this id meanwhile"):
        run(fake)
    assert fake.objects.keys() == {PORTS}, "a conflict stores nothing of the file"
    assert fake.objects[PORTS]["attributes"] == {"title": "mine"}


@pytest.mark.parametrize("version", ["7.11.0", "8.0.0"])
def test_a_newer_object_is_refused_whole(fake: FakeDashboards, version: str) -> None:
    newer = [replace(each, migration_version=version) if each.key == PORTS else each for each in WANTED]
    with pytest.raises(DashboardsRefused, match="answers 422"):
        run(fake, newer)
    assert fake.objects == {}


@pytest.mark.parametrize("version", ["2.7.0", "1.3.20"])
def test_a_dashboards_that_is_too_old_is_told(fake: FakeDashboards, version: str) -> None:
    fake.version = version
    with pytest.raises(DashboardsRefused, match=f"{version} is older than 2.8"):
        wait_until_ready(server(fake), 0, never)


def test_a_missing_reference_is_found_before_anything_is_sent(fake: FakeDashboards) -> None:
    """Of a panel that is nowhere Dashboards itself says nothing."""
    with pytest.raises(
        ObjectsInvalid, match="dashboard:flowtap-overview: refers to visualization:flowtap-overview-ports"
    ):
        run(fake, [each for each in WANTED if each.key != PORTS])
    assert writes(fake) == []


def test_a_reference_to_what_is_on_the_server_is_none_missing(fake: FakeDashboards) -> None:
    run(fake)
    (overview,) = (each for each in WANTED if each.key == OVERVIEW)
    planned, _ = run(fake, [overview])
    assert deeds(planned) == {Deed.LEAVE: 1}
    lost = replace(overview, references=(*overview.references, Reference("panel_99", "search", "gone")))
    with pytest.raises(ObjectsInvalid, match="search:gone"):
        run(fake, [lost])


@pytest.mark.parametrize("status", [401, 403])
def test_no_permission_is_told_with_what_to_do(fake: FakeDashboards, status: int) -> None:
    fake.refuse = lambda _, path: status if path.endswith("_import") else None
    with pytest.raises(DashboardsRefused, match="permissions of that user"):
        run(fake)
    assert fake.objects == {}


def test_a_user_is_asked_for_and_given(fake: FakeDashboards) -> None:
    fake.user = "flowtap"
    with pytest.raises(DashboardsRefused, match=r"401.*dashboards\.username"):
        run(fake)
    run(fake, username="flowtap", password="hunter2")
    assert fake.asked[-1][2]["authorization"] == "Basic Zmxvd3RhcDpodW50ZXIy"


def test_requests_can_be_signed(fake: FakeDashboards) -> None:
    signed: list[tuple[str, str, bool]] = []

    def sign(method: str, url: str, body: bytes | None) -> dict[str, str]:
        signed.append((method, url.removeprefix(fake.url), body is not None))
        return {"authorization": "AWS4-HMAC-SHA256 made-up"}

    server(fake, sign=sign).settings()
    server(fake, sign=sign).objects([OVERVIEW])
    assert signed == [
        ("GET", "/api/opensearch-dashboards/settings", False), ("POST", "/api/saved_objects/_bulk_get", True),
    ]  # fmt: skip
    assert fake.asked[-1][2]["authorization"] == "AWS4-HMAC-SHA256 made-up"


def test_the_tenant_is_always_said(fake: FakeDashboards) -> None:
    run(fake, tenant="team")
    assert {headers["securitytenant"] for _, _, headers in fake.asked} == {"team"}
    assert fake.objects == {}
    assert len(fake.places["team", ""]) == len(WANTED)


def test_in_a_workspace_ids_are_its_own_and_a_repeat_writes_nothing(fake: FakeDashboards) -> None:
    """With ids that are elsewhere, Dashboards would make copies at every import."""
    run(fake, shipped(workspace="wk1"), workspace="wk1")
    planned, _ = run(fake, shipped(workspace="wk1"), workspace="wk1")
    assert deeds(planned) == {Deed.LEAVE: len(WANTED)}
    there = fake.places["global", "wk1"]
    assert all(target.startswith("/w/wk1/") for _, target, _ in fake.asked)
    assert all(object_id.startswith("wk1-flowtap-") for _, object_id in there)


class Waits:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, seconds: float) -> bool:
        self.seconds += seconds
        return False


def never(_: float) -> bool:
    raise AssertionError("waited")


def test_a_server_that_is_not_ready_for_a_minute_is_waited_for(fake: FakeDashboards) -> None:
    fake.not_ready, waits = 30, Waits()
    assert wait_until_ready(server(fake), 300, waits).version == "2.8.0"
    assert waits.seconds == 60


def test_one_that_never_gets_ready_is_given_up(fake: FakeDashboards) -> None:
    fake.not_ready, waits = 10_000, Waits()
    with pytest.raises(DashboardsUnavailable, match="503") as told:
        wait_until_ready(server(fake), 300, waits)
    assert waits.seconds == 300
    assert "Waited 300 seconds" in told.value.__notes__[0]


def test_one_that_is_not_there_is_waited_for_and_given_up() -> None:
    waits = Waits()
    with pytest.raises(DashboardsUnavailable, match="does not answer"):
        wait_until_ready(Dashboards(Place("http://127.0.0.1:9")), 4, waits)
    assert waits.seconds == 4


@pytest.mark.parametrize("url", ["", "host:5601", "ftp://host", "http://user:secret@host"])
def test_an_address_that_is_none_is_told(url: str) -> None:
    with pytest.raises(DashboardsError, match="is no address"):
        Dashboards(Place(url))


def test_defaults_are_set_where_nobody_chose(fake: FakeDashboards) -> None:
    run(fake)
    assert set_defaults(server(fake), DEFAULTS, force=False) == {
        "defaultIndex": "flowtap-aws.vpcflow", "defaultRoute": "/app/dashboards#/view/flowtap-overview",
    }  # fmt: skip
    assert set_defaults(server(fake), DEFAULTS, force=False) == {}


def test_a_choice_is_kept_unless_its_pattern_is_gone_or_it_is_forced(fake: FakeDashboards) -> None:
    run(fake)
    fake.objects["index-pattern", "theirs"] = {
        "type": "index-pattern", "id": "theirs", "attributes": {"title": "x-*"}, "references": [],
    }  # fmt: skip
    fake.settings = {"defaultIndex": "theirs", "defaultRoute": "/app/home"}
    assert set_defaults(server(fake), DEFAULTS, force=False) == {}
    assert set_defaults(server(fake), DEFAULTS, force=True).keys() == {"defaultIndex", "defaultRoute"}
    assert set_defaults(server(fake), DEFAULTS, force=True) == {}
    fake.settings = {"defaultIndex": "deleted", "defaultRoute": "/app/home"}
    assert set_defaults(server(fake), DEFAULTS, force=False) == {"defaultIndex": "flowtap-aws.vpcflow"}


def test_what_was_imported_is_exported_as_it_was_built(fake: FakeDashboards) -> None:
    moved = shipped("net7", "wk")
    run(fake, with_range(moved, "2024-01-01T00:00:00.000Z", "now"), workspace="wk")
    files = exported(server(fake, workspace="wk"), ["overview", "refused"], "net7", "wk")
    assert files.keys() == {"patterns", "overview", "refused"}
    built = {each.key: each for each in WANTED}
    found = {each.key: each for content in files.values() for each in read(content)}
    assert OVERVIEW in found
    assert all(each == built[key] for key, each in found.items())


def test_an_edit_comes_out_and_goes_in_elsewhere(fake: FakeDashboards) -> None:
    run(fake)
    edited(fake, OVERVIEW, title="Ours")
    files = exported(server(fake), ["overview"], "flowtap")
    (found,) = (each for each in read(files["overview"]) if each.key == OVERVIEW)
    assert found.title == "Ours"
    with FakeDashboards().serving() as other:
        run(other, [each for content in files.values() for each in read(content)])
        assert other.objects[OVERVIEW]["attributes"]["title"] == "Ours"


def test_what_is_not_there_cannot_be_exported(fake: FakeDashboards) -> None:
    with pytest.raises(DashboardsRefused, match="no dashboard overview is there"):
        exported(server(fake), ["overview"], "flowtap")
