"""Accounts of a listener for tests, made by counting real blocks."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mirror.account import Account, counted
from mirror.columns import decode
from mirror.outer import Ports
from mirror.tally import Tally
from mirrored_frames import block_of, inner, mirrored

FRAME = inner(b"x" * 8)
FRAME_BYTES = len(FRAME)


def account(vnis: Sequence[int], seconds: float = 0, tally: Tally | None = None, **more: Any) -> Account:
    """One packet for each of these VNIs, and one datagram that is none."""
    tally = tally or Tally()
    tally.add(decode(block_of([b"junk", *(mirrored(vni, FRAME) for vni in vnis)]), Ports()))
    return replace(counted(tally, int(seconds * 1e9)), **more)
