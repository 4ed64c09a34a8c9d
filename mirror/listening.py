"""The live loop: what arrives is forwarded as it came, decoded, tagged and handed on. One thread, in order."""

import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from mirror.account import Account, counted
from mirror.decoding import Decoding
from mirror.outlets import Forwarder, Interface, Stream
from mirror.receive import Inlet

_WAIT_MS = 250
_MOST_BATCHES = 64  # from one socket before the others have their turn


class Tick(Protocol):
    """Told now and then: whether the time since it was told last brought any frame."""

    def __call__(self, *, idle: bool) -> None:
        """Four times a second or more."""


@dataclass(frozen=True, slots=True)
class Listening:
    """What is listened to, and where it goes."""

    inlets: Sequence[Inlet]
    decoding: Decoding
    outlet: Interface | Stream
    forwarders: Sequence[Forwarder] = field(default_factory=tuple)

    def account(self, time_ns: int) -> Account:
        """All figures so far; for the thread that runs this."""
        return replace(
            counted(self.decoding.tally, time_ns),
            kernel_drops=sum(inlet.kernel_drops for inlet in self.inlets),
            cut=sum(inlet.cut for inlet in self.inlets),
            not_handed_on=self.outlet.lost,
            forwarded=sum(each.sent for each in self.forwarders),
            not_forwarded=sum(each.lost for each in self.forwarders),
            waits=self.outlet.waits,
        )

    def run(self, stopped: Callable[[], bool], tick: Tick) -> None:
        """Until told to stop; then what has arrived already is still taken."""
        polled = select.poll()
        by_number = {inlet.socket.fileno(): inlet for inlet in self.inlets}
        for number in by_number:
            polled.register(number, select.POLLIN)
        while not stopped():
            ready = polled.poll(_WAIT_MS)
            taken = sum(self._drain(by_number[number]) for number, _ in ready)
            tick(idle=not taken)
        for inlet in self.inlets:
            self._drain(inlet)

    def _drain(self, inlet: Inlet) -> int:
        """Takes what is there; how many datagrams that was."""
        taken = 0
        for _ in range(_MOST_BATCHES):
            block = inlet.receive()
            if block is None:
                break
            taken += len(block.starts)
            for forwarder in self.forwarders:
                forwarder.forward(block)
            self.decoding.take(block)
        return taken
