"""Findings dealt with one by one: told, decided on, acted on, told of. The edge around `decide`; for one thread.

In: messages' bodies. Out: decisions, which are in the journal before `answer` returns, and what they did at AWS.
A dry run changes nothing at AWS and goes on as if it had.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from aws.ec2 import Ec2
from mirror.errors import BadFinding
from mirror.managed.apply import apply
from mirror.managed.desired import INCIDENTS
from mirror.managed.incident import POLICY, incident, nothing
from mirror.managed.model import Observed, Session
from mirror.managed.observe import observe
from mirror.managed.ownership import FINDING, SINCE
from mirror.managed.placement import own_sessions
from mirror.managed.plan import expiry, make_plan, stamp
from mirror.response.decide import decide
from mirror.response.decision import Decision, Past
from mirror.response.finding import Finding, read_finding
from mirror.response.guards import Situation
from mirror.response.policy import Policy
from mirror.response.pretence import as_if, pretended
from mirror.response.telling import decision_line, finding_line

REMEMBERED: Final = timedelta(days=1)
"""How long a version of a finding is known again. What is older is stale long before."""


class Journal(Protocol):
    """Where lines are safe when `append` returns. Raises JournalUnwritable."""

    def append(self, text: str) -> None:
        """Whole lines."""


class Nowhere:
    """The journal of one who only wants to see."""

    def append(self, text: str) -> None:
        """Nothing is kept."""


@dataclass(slots=True)
class Watching:
    """`look` says what there is at AWS; `killed` whether the kill switch is on; `past` is what a journal remembers."""

    policy: Policy
    look: Callable[[], Observed]
    clock: Callable[[], datetime]
    journal: Journal
    killed: Callable[[], bool]
    past: Past = field(default_factory=Past)
    ec2: Ec2 | None = None
    _would_be: dict[str, Session] = field(default_factory=dict)

    @property
    def dry_run(self) -> bool:
        """Without a client nothing is changed."""
        return self.ec2 is None

    def answer(self, body: str) -> tuple[Decision, ...]:
        """Everything about one message. Raises AwsError, JournalUnwritable: then it is to be asked again."""
        try:
            finding = read_finding(body)
        except BadFinding as error:
            return self._kept((Decision("refused", "malformed", str(error), message=body),), self.clock())
        self.journal.append(finding_line(finding))  # before anything is done: what cannot be told is not begun
        now = self.clock()
        found = self._kept(self._decided(finding, now), now)
        self.past = remembered(self.past, found, now)
        return found

    def set_aside(self, body: str, why: str) -> tuple[Decision, ...]:
        """A message that nothing can be done with: it is kept with the reason."""
        return self._kept((Decision("refused", "poison", why, message=body),), self.clock())

    def sweep(self) -> tuple[Decision, ...]:
        """End what is over. Raises AwsError, JournalUnwritable."""
        if self.ec2 is None:
            return ()
        there, now = observe(self.ec2, discover=False), self.clock()
        plan = make_plan(nothing(), there, now)
        if not plan.steps:
            return ()
        sessions = {each.id: each for each in there.sessions}
        outcome = apply(self.ec2, plan)
        gone = [(each.asked["TrafficMirrorSessionId"], "") for each in outcome.done if each.kind == "session"]
        gone += [(x.step.asked["TrafficMirrorSessionId"], x.why) for x in outcome.failed if x.step.kind == "session"]
        return self._kept((_ended(sessions[identity], there, why) for identity, why in gone), now)

    def _kept(self, decisions: Iterable[Decision], now: datetime) -> tuple[Decision, ...]:
        found = tuple(replace(each, dry_run=self.dry_run) for each in decisions)
        if found:
            self.journal.append("".join(decision_line(each, now) for each in found))
        return found

    def _decided(self, finding: Finding, now: datetime) -> Iterator[Decision]:
        there = as_if(self.look(), self._would_be.values(), now)
        for each in decide(finding, Situation(self.policy, there, self.past, now, self.killed())):
            if not each.acts:
                yield each
            elif self.ec2 is None:
                self._would_be[each.eni] = pretended(each, INCIDENTS)
                yield each
            else:
                yield self._act(self.ec2, each, now)

    def _act(self, ec2: Ec2, decision: Decision, now: datetime) -> Decision:
        """As decided, or `failed` with AWS's reason."""
        tags = {FINDING: decision.finding, SINCE: stamp(decision.since)} if decision.since else {}
        desired = incident((decision.eni,), decision.target, decision.preset)
        outcome = apply(ec2, make_plan(desired, self.look(), now, decision.ends, tags))
        if outcome.failed:
            return replace(decision, action="failed", reason="aws", why=outcome.failed[0].why, new=False)
        own = own_sessions(desired, self.look()).get((POLICY, decision.eni), ())
        return replace(decision, session=own[0].id if own else decision.session)


def remembered(past: Past, decisions: Iterable[Decision], now: datetime) -> Past:
    """The past with these on top, without what is over. What failed may be tried again."""
    seen = {version: when for version, when in past.seen.items() if when > now - REMEMBERED}
    begun = [when for when in past.begun if when > now - REMEMBERED]
    for each in decisions:
        if each.version and each.action != "failed":
            seen[each.version] = now
        if each.new:
            begun.append(now)
    return Past(seen, tuple(begun))


def _ended(session: Session, there: Observed, why: str) -> Decision:
    finding = session.tags.get(FINDING, "")
    about = Decision("expired", "over", "its time is over", finding, account=there.account, region=there.region)
    about = replace(about, eni=session.eni, session=session.id, target=session.target, ends=expiry(session.tags))
    return replace(about, action="failed", reason="aws", why=why) if why else about
