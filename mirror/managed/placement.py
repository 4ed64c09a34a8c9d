"""Which sessions there should be: policies over interfaces, a target with room and a free number each. Pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from aws.mirror_rules import RULES, Limits
from mirror.managed.desired import Desired, TargetWish
from mirror.managed.eligibility import analysers, doubt, refusal, selected
from mirror.managed.model import Interface, Observed, Session, Target
from mirror.managed.ownership import NAME, owned

Key = tuple[str, str]
"""A session of ours: policy and interface."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A session that should be; `target` and `filter` are names of the file."""

    policy: str
    interface: Interface
    target: str
    filter: str
    number: int
    packet_length: int

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.policy, self.interface.eni


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know: about what, and what. `refused` where something wished for is not done."""

    about: str
    text: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """What should be, and remarks. `passed_over` counts interfaces of other types that a broad selector met."""

    sessions: tuple[Placed, ...] = ()
    remarks: tuple[Remark, ...] = ()
    passed_over: int = 0


def standing_target(desired: Desired, observed: Observed, name: str) -> Target | None:
    """The target that a name of the file stands for already."""
    wish = desired.targets[name]
    if wish.target_id:
        return next((each for each in observed.targets if each.id == wish.target_id), None)
    fitting = (
        each
        for each in observed.targets
        if owned(each.tags, desired.plan)
        and each.tags.get(NAME) == name
        and (each.kind, each.ref) == (wish.kind, wish.ref)
    )
    return min(fitting, key=lambda each: each.id, default=None)


def own_sessions(desired: Desired, observed: Observed) -> dict[Key, list[Session]]:
    """Sessions of this plan by key, the one to keep first."""
    found: dict[Key, list[Session]] = {}
    for session in sorted(observed.sessions, key=lambda each: each.id):
        if owned(session.tags, desired.plan):
            found.setdefault((session.tags.get(NAME, ""), session.eni), []).append(session)
    return found


def place(desired: Desired, observed: Observed) -> Placement:
    """Sessions by policy, in the file's order, and interface."""
    return _Placing(desired, observed).placed()


@dataclass(slots=True)
class _Placing:
    desired: Desired
    observed: Observed
    limits: Limits = field(default_factory=Limits)
    own: dict[Key, list[Session]] = field(init=False)
    foreign: Counter[str] = field(init=False)
    used: dict[str, set[int]] = field(init=False)
    standing: dict[str, Target | None] = field(init=False)
    sources: dict[str, set[str]] = field(init=False)
    remarks: list[Remark] = field(default_factory=list)
    passed_over: int = 0

    def __post_init__(self) -> None:
        self.own = own_sessions(self.desired, self.observed)
        mine = {session.id for sessions in self.own.values() for session in sessions}
        others = [session for session in self.observed.sessions if session.id not in mine]
        self.foreign = Counter(session.eni for session in others)
        self.used = {}
        for session in self.observed.sessions:
            self.used.setdefault(session.eni, set()).add(session.number)
        self.standing = {name: standing_target(self.desired, self.observed, name) for name in self.desired.targets}
        self.sources = {
            name: {each.eni for each in others if standing and each.target == standing.id}
            for name, standing in self.standing.items()
        }

    def placed(self) -> Placement:
        wished = [wish.ref for wish in self.desired.targets.values() if wish.ref]
        guarded = analysers(self.observed.interfaces, self.observed.targets, wished, self.observed.analysers)
        chosen = [(policy, each) for policy in self.desired.sessions for each in self._chosen(policy, guarded)]
        for policy, interface in chosen:  # who has a place keeps it: they are counted before the new ones
            if (target := self._kept_target(policy, interface.eni)) is not None:
                self.sources[target].add(interface.eni)
        sessions = tuple(found for policy, each in chosen if (found := self._one(policy, each)) is not None)
        return Placement(sessions, tuple(self.remarks), self.passed_over)

    def _chosen(self, policy: str, guarded: frozenset[str]) -> Iterator[Interface]:
        wish = self.desired.sessions[policy]
        found = 0
        for eni in sorted(self.observed.interfaces):
            interface = self.observed.interfaces[eni]
            if not selected(interface, wish.select) or (not wish.exclude.empty and selected(interface, wish.exclude)):
                continue
            found += 1
            why = refusal(interface, guarded)
            if not why:
                if said := doubt(interface, self.observed.types):
                    self.remarks.append(Remark(eni, said))
                yield interface
            elif interface.kind != "interface" and eni not in wish.select.interfaces:
                self.passed_over += 1
            else:
                self.remarks.append(Remark(eni, f"not mirrored by {policy}: {why}", refused=True))
        if not found:
            self.remarks.append(Remark(f"sessions.{policy}", "its selector fits no interface"))

    def _one(self, policy: str, interface: Interface) -> Placed | None:
        eni, wish = interface.eni, self.desired.sessions[policy]
        if self.foreign[eni] >= self.limits.sessions_per_interface:
            said = (
                f"not mirrored by {policy}: {self.foreign[eni]} sessions there are: {RULES['sessions-per-interface']}"
            )
            self.remarks.append(Remark(eni, said, refused=True))
            return None
        target = self._kept_target(policy, eni) or self._new_target(policy, interface)
        if target is None:
            said = f"not mirrored by {policy}: no target has room: {RULES['sources-per-target']}"
            self.remarks.append(Remark(eni, said, refused=True))
            return None
        self.foreign[eni] += 1
        self.sources[target].add(eni)
        return Placed(policy, interface, target, wish.filter, self._number(policy, eni), wish.packet_length)

    def _kept_target(self, policy: str, eni: str) -> str | None:
        """The target of the session that is there, while the policy names it."""
        for session in self.own.get((policy, eni), ())[:1]:
            for name in self.desired.sessions[policy].targets:
                standing = self.standing[name]
                if standing is not None and standing.id == session.target:
                    return name
        return None

    def _new_target(self, policy: str, interface: Interface) -> str | None:
        names = self.desired.sessions[policy].targets
        near = sorted(names, key=lambda name: self._zone(self.desired.targets[name]) not in {"", interface.zone})
        return next((name for name in near if interface.eni in self.sources[name] or self._has_room(name)), None)

    def _zone(self, wish: TargetWish) -> str:
        interface = self.observed.interfaces.get(wish.ref)
        return interface.zone if interface else ""

    def _has_room(self, name: str) -> bool:
        wish = self.desired.targets[name]
        standing = self.standing[name]
        if (standing.kind if standing else wish.kind) != "network-interface":
            return True
        interface = self.observed.interfaces.get(standing.ref if standing else wish.ref)
        large = interface is not None and interface.instance_type in self.observed.types.large_targets
        most = self.limits.sources_per_large_target if large else self.limits.sources_per_target
        return len(self.sources[name]) < (wish.capacity or most)

    def _number(self, policy: str, eni: str) -> int:
        band, used = self.desired.band(policy), self.used.setdefault(eni, set())
        for session in self.own.get((policy, eni), ())[:1]:
            if session.number in band:
                return session.number
        number = next(each for each in band if each not in used)
        used.add(number)
        return number
