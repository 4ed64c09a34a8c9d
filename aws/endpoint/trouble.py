"""What goes wrong at an endpoint on purpose: throttling, answers lost after the work was done, reads of yesterday."""

from dataclasses import dataclass, field

from aws.endpoint.fault import Fault, broken


@dataclass(slots=True)
class Trouble:
    """Nothing by default; may be changed while the endpoint runs."""

    throttle_every: int = 0
    """Every so manieth request is refused with RequestLimitExceeded."""
    lose_every: int = 0
    """Of every so manieth request that changes something, the answer is a 500, and the change is made."""
    stale_reads: int = 0
    """What is made is not seen by so many describe calls, what is deleted is seen by so many."""
    refused: dict[str, str] = field(default_factory=dict)
    """Operation → the error code that it is answered with."""
    _requests: int = 0
    _changes: int = 0

    def before(self, operation: str) -> None:
        """Raises Fault where this request fails without having done anything."""
        self._requests += 1
        if self.throttle_every and self._requests % self.throttle_every == 0:
            raise broken("RequestLimitExceeded", "throttling", "Request limit exceeded")
        if operation in self.refused:
            raise Fault(self.refused[operation], f"{operation} is refused here", 403)

    def after(self) -> None:
        """A change was made. Raises Fault where its answer is lost."""
        self._changes += 1
        if self.lose_every and self._changes % self.lose_every == 0:
            raise Fault("InternalError", "An internal error has occurred", 500)
