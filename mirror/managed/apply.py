"""A plan made so, step by step. What fails is told and what depends on it is left; the next plan goes on from there.

A step that is asked for twice has the same effect: what makes something carries a client token that is the same for the
same wish, "gone already" is success for what removes. What was made is waited for until EC2 lists it, since others name
it; what never appears was the answer of before to a token that made something deleted since, and is made anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aws.ec2 import Ec2, Ec2Refused
from aws.errors import AwsDenied
from mirror.managed.ownership import client_token
from mirror.managed.step import IDS, Kind, Plan, Ref, Step

Tell = Callable[[Step], object]

PATIENCE: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
"""Seconds between looks for what was just made, a minute in all. "Eventual consistency in the Amazon EC2 API"."""
_IN_USE: Final = frozenset({"TrafficMirrorFilterInUse", "TrafficMirrorTargetInUseException"})


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that was not done, and why."""

    step: Step
    why: str


@dataclass(slots=True)
class Outcome:
    """What was done and what not."""

    done: list[Step] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def apply(ec2: Ec2, plan: Plan, tell: Tell = lambda _: None) -> Outcome:
    """Do every step that can be done. Raises AwsError where EC2 cannot be reached or nothing is permitted."""
    return _Applying(ec2, plan, tell).run()


@dataclass(slots=True)
class _Applying:
    ec2: Ec2
    plan: Plan
    tell: Tell
    known: dict[Ref, str] = field(init=False)
    fresh: dict[Kind, dict[str, Step]] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)

    def __post_init__(self) -> None:
        self.known = dict(self.plan.standing)

    def run(self) -> Outcome:
        for step in self.plan.steps:
            self._settle(tuple(kind for kind, _ in step.needs.values()))
            if step.kind == "session":  # nobody is mirrored by half a filter
                self._settle(("rule",))
            self._do(step, step.generation)
        self._settle(("target", "filter", "rule", "session"))
        return self.outcome

    def _do(self, step: Step, generation: tuple[str, ...]) -> None:
        missing = [f"{kind} {name}" for kind, name in step.needs.values() if (kind, name) not in self.known]
        if missing:
            self.outcome.failed.append(Failure(step, f"there is no {missing[0]}"))
            return
        asked = dict(step.asked) | {parameter: self.known[ref] for parameter, ref in step.needs.items()}
        if step.makes:
            asked["ClientToken"] = client_token(step.operation, asked, generation)
        try:
            answer = self._asked(step, asked)
        except AwsDenied:
            raise
        except Ec2Refused as refused:
            if not (refused.absent and step.sign == "-"):
                self.outcome.failed.append(Failure(step, str(refused)))
                return
            answer = {}
        if step.makes:
            made = answer[IDS[step.kind].removesuffix("Id")][IDS[step.kind]]
            self.known[step.kind, step.name] = made
            self.fresh.setdefault(step.kind, {})[made] = step
        self.outcome.done.append(step)
        self.tell(step)

    def _asked(self, step: Step, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer; asked again while EC2 does not see yet what was done a moment ago."""
        for seconds in PATIENCE:
            try:
                return self.ec2.change(step.operation, asked)
            except Ec2Refused as refused:
                unseen = refused.code in {f"Invalid{IDS[kind]}.NotFound" for kind, _ in step.needs.values()}
                if not (unseen or (refused.code in _IN_USE and step.sign == "-")):
                    raise
            self.ec2.pause(seconds)
        return self.ec2.change(step.operation, asked)

    def _settle(self, kinds: tuple[Kind, ...]) -> None:
        for kind in kinds:
            made = self.fresh.pop(kind, {})
            if not made:
                continue
            dead = self._unseen(kind, made)
            for identity, step in dead.items():
                self.outcome.done.remove(step)
                del self.known[kind, step.name]
                self._do(step, (*step.generation, identity))
            again = self.fresh.pop(kind, {})
            for identity, step in (self._unseen(kind, again) if again else {}).items():
                self.outcome.done.remove(step)
                self.outcome.failed.append(Failure(step, f"{identity} was answered, but EC2 does not list it"))

    def _unseen(self, kind: Kind, made: Mapping[str, Step]) -> dict[str, Step]:
        """What EC2 does not list within our patience."""
        noun = IDS[kind].removesuffix("Id")
        left = dict(made)
        for seconds in (0.0, *PATIENCE):
            if seconds:
                self.ec2.pause(seconds)
            for found in self.ec2.listed(f"Describe{noun}s", f"{noun}s"):
                left.pop(found[IDS[kind]], None)
            if not left:
                break
        return left
