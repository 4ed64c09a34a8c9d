"""A dry run's sessions: what there would be at AWS had it acted. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from mirror.managed.desired import START
from mirror.managed.incident import POLICY
from mirror.managed.model import Observed, Session
from mirror.managed.ownership import EXPIRES, FINDING, NAME, PLAN, SINCE, owned
from mirror.managed.plan import expiry, stamp
from mirror.response.decision import Decision


def pretended(decision: Decision, number: int) -> Session:
    """The session that a decision would have made, or left."""
    tags = {PLAN: START, NAME: POLICY, FINDING: decision.finding}
    tags |= {EXPIRES: stamp(decision.ends)} if decision.ends else {}
    tags |= {SINCE: stamp(decision.since)} if decision.since else {}
    return Session("would-be", decision.eni, decision.target, "", number, 0, tags=tags)


def as_if(observed: Observed, would_be: Iterable[Session], now: datetime) -> Observed:
    """What there is, and what would be; it takes the place of what it would have extended."""
    running = {each.eni: each for each in would_be if (end := expiry(each.tags)) is None or end > now}
    kept = tuple(
        each
        for each in observed.sessions
        if not (each.eni in running and owned(each.tags, START) and each.tags.get(NAME) == POLICY)
    )
    return replace(observed, sessions=(*kept, *running.values()))
