"""Saved objects into a running Dashboards: wait, plan, back up, send, read back.

An import can answer 200 and store nothing, or store half, or take a dashboard whose panels are nowhere. So references
are resolved before anything is sent, the answer must say success, and every object is read back afterwards.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.bundle import unresolved
from dashboards.client import Dashboards, Status
from dashboards.errors import DashboardsRefused, DashboardsUnavailable, ObjectsInvalid
from dashboards.plan import Deed, Plan, differing, plan
from dashboards.saved_object import SavedObject

OLDEST = (2, 8)
Wait = Callable[[float], bool]
"""Waits so many seconds; true when the wait was cut short and one should stop."""
_BETWEEN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a Dashboards that nobody set up gets: its default index pattern and its first page."""

    index_pattern: str
    dashboard: str

    @property
    def route(self) -> str:
        """The dashboard as a path."""
        return f"/app/dashboards#/view/{self.dashboard}"


def wait_until_ready(server: Dashboards, seconds: float, wait: Wait) -> Status:
    """Its status, as soon as it serves. Raises DashboardsUnavailable after `seconds`, or DashboardsRefused."""
    waited = 0.0
    while True:
        try:
            status = server.status()
            if status.state != "red":
                return _supported(status)
            trouble = DashboardsUnavailable("Dashboards says of itself that it is not well (state red)")
        except DashboardsUnavailable as error:
            trouble = error
        if waited >= seconds or wait(_BETWEEN_SECONDS):
            trouble.add_note(f"Waited {waited:.0f} seconds for OpenSearch Dashboards (dashboards.wait_seconds).")
            raise trouble
        waited += _BETWEEN_SECONDS


def look(server: Dashboards, wanted: Sequence[SavedObject], *, force: bool) -> Plan:
    """The plan. Raises ObjectsInvalid where a reference leads nowhere, in what is sent and on the server."""
    keys = {each.key for each in wanted} | {reference.key for each in wanted for reference in each.references}
    actual = server.objects(sorted(keys))
    if missing := unresolved(wanted, actual):
        raise ObjectsInvalid("\n".join(missing))
    return plan(wanted, actual, force=force)


def apply(server: Dashboards, planned: Plan, back_up: Callable[[Sequence[SavedObject]], None]) -> None:
    """Make it so. What would be lost goes to `back_up` first. Raises DashboardsRefused where anything is not there.

    New objects are sent so that one which somebody made meanwhile is a conflict, and not overwritten.
    """
    created = [step.wanted for step in planned.of(Deed.CREATE)]
    replaced = [step.wanted for step in planned.of(Deed.UPDATE, Deed.OVERWRITE)]
    if planned.overwritten:
        back_up(planned.overwritten)
    for objects, overwrite in ((created, False), (replaced, True)):
        if objects:
            _must_succeed(server.import_objects(objects, overwrite=overwrite))
    _read_back(server, planned)


def set_defaults(server: Dashboards, defaults: Defaults, *, force: bool) -> dict[str, str]:
    """Default index pattern and home page, where nobody chose one or the one chosen is gone. Returns what was set."""
    there = server.settings()
    chosen = str(there.get("defaultIndex") or "")
    gone = bool(chosen) and not server.objects([("index-pattern", chosen)])
    changes = {}
    if (force or not chosen or gone) and chosen != defaults.index_pattern:
        changes["defaultIndex"] = defaults.index_pattern
    if (force or not there.get("defaultRoute")) and there.get("defaultRoute") != defaults.route:
        changes["defaultRoute"] = defaults.route
    if changes:
        server.change_settings(changes)
    return changes


def _supported(status: Status) -> Status:
    numbers = tuple(int(part) for part in status.version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        raise DashboardsRefused(
            f"OpenSearch Dashboards {status.version} is older than 2.8, the first that is supported"
        )
    return status


def _must_succeed(reply: Mapping[str, Any]) -> None:
    """`successCount` counts objects that were not stored, too."""
    errors = reply.get("errors") or []
    if reply.get("success") is True and not errors:
        return
    raise DashboardsRefused(
        "\n".join(["the import failed; what is there was read before and nothing is undone, so run it again:",
                   *(_told(error) for error in errors)])
    )  # fmt: skip


def _told(error: Mapping[str, Any]) -> str:
    what = error.get("error") or {}
    kind = what.get("type")
    name = f"{error.get('type')}:{error.get('id')}"
    if kind in {"conflict", "ambiguous_conflict"}:
        return f"{name}: somebody made one of this id meanwhile"
    if kind == "missing_references":
        missing = ", ".join(f"{each.get('type')}:{each.get('id')}" for each in what.get("references") or ())
        return f"{name}: refers to {missing}, which is not there"
    if kind == "unsupported_type":
        return f"{name}: this Dashboards does not have the type"
    return f"{name}: {what.get('message') or kind}"


def _read_back(server: Dashboards, planned: Plan) -> None:
    wanted = [step.wanted for step in planned.steps if step.deed is not Deed.KEEP]
    actual = server.objects([step.wanted.key for step in planned.steps])
    lost = differing(wanted, actual)
    lost += [
        f"{step.wanted.name} is not there any more" for step in planned.of(Deed.KEEP) if step.wanted.key not in actual
    ]
    if lost:
        raise DashboardsRefused("\n".join(["not everything is there after the import:", *lost]))
