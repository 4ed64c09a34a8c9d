"""One change at AWS: the request, what it waits for, and why. Frozen, no behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from mirror.managed.placement import Remark

Kind = Literal["target", "filter", "rule", "session"]
Ref = tuple[Kind, str]

IDS: Final[Mapping[Kind, str]] = {
    "target": "TrafficMirrorTargetId",
    "filter": "TrafficMirrorFilterId",
    "rule": "TrafficMirrorFilterRuleId",
    "session": "TrafficMirrorSessionId",
}


@dataclass(frozen=True, slots=True)
class Step:
    """`sign` is + ~ or -; `needs` maps parameters to what they name, made before or standing already.

    `generation` is what stood in its place (`ownership.client_token`).
    """

    sign: Literal["+", "~", "-"]
    kind: Kind
    name: str
    operation: str
    asked: Mapping[str, Any]
    why: str
    needs: Mapping[str, Ref] = field(default_factory=dict)
    generation: tuple[str, ...] = ()

    @property
    def makes(self) -> bool:
        """Whether it makes something that others may name."""
        return self.sign == "+"


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order; `standing` is what needs may name without a step. `sessions` is how many there will be."""

    name: str
    steps: tuple[Step, ...] = ()
    standing: Mapping[Ref, str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    sessions: int = 0
    passed_over: int = 0
