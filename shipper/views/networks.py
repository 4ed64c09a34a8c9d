"""Which addresses are nobody's in particular: what is inside, and what is outside."""

from typing import Final

from shipper.views.filters import Clause

PRIVATE: Final = (
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  # RFC 1918
    "100.64.0.0/10",  # RFC 6598, shared address space
    "127.0.0.0/8", "169.254.0.0/16",  # RFC 1122, RFC 3927
    "::1/128", "fc00::/7", "fe80::/10",  # RFC 4291, RFC 4193
)  # fmt: skip
"""Addresses that are not routed on the internet. VPCs may use others inside: their traffic counts as outside."""


def private(path: str) -> Clause:
    """The address at this path is one of those."""
    return {"terms": {path: list(PRIVATE)}}
