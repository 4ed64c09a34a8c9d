"""What was decided about a finding, and what that stands on. Frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Action = Literal["mirrored", "extended", "refused", "expired", "failed"]


@dataclass(frozen=True, slots=True)
class Decision:
    """About one interface, or none where the finding as a whole was refused. `reason` is a word, `why` a sentence.

    `ends` and `since` are of the session; `preset` and `target` are what it is made with.
    """

    action: Action
    reason: str
    why: str
    finding: str = ""
    version: str = ""
    finding_type: str = ""
    severity: float | None = None
    account: str = ""
    region: str = ""
    eni: str = ""
    instance: str = ""
    vpc: str = ""
    session: str = ""
    target: str = ""
    preset: str = ""
    since: datetime | None = None
    ends: datetime | None = None
    new: bool = False
    dry_run: bool = False
    message: str = ""

    @property
    def acts(self) -> bool:
        """Whether something is to be done at AWS."""
        return self.action in {"mirrored", "extended"}


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier decisions leave: versions of findings that were decided on, by when; when sessions were begun."""

    seen: Mapping[str, datetime] = field(default_factory=dict)
    begun: tuple[datetime, ...] = ()
