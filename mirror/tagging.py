"""The VNI of a mirrored frame as two 802.1Q tags on it, so that Suricata keys flows by it and says it in every event.

The upper 12 bits are in the outer tag, the lower 12 in the inner one. Of the frame's own tags the outermost stays, for
Suricata takes three at most; what is stripped is counted by `Tally`. Frames are changed where they lie: the VXLAN
header before each is as long as two tags.
"""

import numpy as np

from mirror.frames import Bytes, Mirrored, Places, gathered, scattered

_TAG = 0x8100  # IEEE 802.1Q-2022 §9.6
_MACS = np.dtype([("macs", "V12")])
_HEAD = np.dtype([("macs", "V12"), ("outer", ">u2"), ("upper", ">u2"), ("inner", ">u2"), ("lower", ">u2")])
_TWO_TAGS = 8


def tag(data: Bytes, found: Mirrored) -> tuple[Places, Places]:
    """Puts two tags on each frame, in the block's buffer; where the frames lie now. `found` no longer tells."""
    heads = np.empty(len(found), _HEAD)
    heads["macs"] = gathered(data, found.starts, _MACS)["macs"]
    heads["outer"] = heads["inner"] = _TAG
    heads["upper"], heads["lower"] = found.vnis >> 12, found.vnis & 0xFFF
    stripped = 4 * np.maximum(found.own_tags - 1, 0)
    starts = found.starts - _TWO_TAGS + stripped
    many = np.flatnonzero(stripped)
    kept = [bytes(data[at : at + 4]) for at in (found.starts[many] + 12).tolist()]
    scattered(data, starts, heads)
    for at, own in zip((starts[many] + 20).tolist(), kept, strict=True):
        data[at : at + 4] = np.frombuffer(own, np.uint8)
    return starts, found.ends
