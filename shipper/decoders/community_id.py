"""Community id v1, seed 0: one text for both directions of a flow, the same in flow logs and in Suricata's events.

Source: Community ID Flow Hashing specification, version 1 (corelight/community-id-spec). What goes in is checked
before: packed addresses of one family, numbers in range. What comes out is "1:" and a base64 SHA-1.
"""

import hashlib
from base64 import b64encode

_SEED = b"\x00\x00"
_PADDING = b"\x00"


def community_id(source: bytes, destination: bytes, protocol: int, ports: tuple[int, int] | None = None) -> str:
    """The id of a flow between two packed addresses (4 or 16 bytes); without `ports`, of a protocol that has none.

    The specification hashes no ports for such a protocol, Suricata hashes two zeros: give (0, 0) to meet Suricata's.
    """
    first, second = (source, b""), (destination, b"")
    if ports is not None:
        first, second = (source, ports[0].to_bytes(2, "big")), (destination, ports[1].to_bytes(2, "big"))
    if second < first:
        first, second = second, first
    content = b"".join((_SEED, first[0], second[0], bytes((protocol,)), _PADDING, first[1], second[1]))
    return "1:" + b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode("ascii")
