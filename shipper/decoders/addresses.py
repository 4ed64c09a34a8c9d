"""IPv4 and IPv6 addresses in text. None means that the text is no address."""

from functools import lru_cache
from ipaddress import ip_address
from socket import AF_INET, inet_pton

_LONGEST_ADDRESS = len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255")


def address(text: str) -> str | None:
    """An IPv4 or IPv6 address, as received; without a zone, which OpenSearch's `ip` refuses."""
    return text if packed_address(text) is not None else None


def packed_address(text: str) -> bytes | None:
    """An address in network byte order. Long text never reaches the cache, so the cache's memory is bounded."""
    return _packed(text) if len(text) <= _LONGEST_ADDRESS else None


@lru_cache(maxsize=1 << 16)
def _packed(text: str) -> bytes | None:
    try:
        return inet_pton(AF_INET, text)  # as strict, many times sooner
    except (OSError, ValueError):
        pass
    try:
        return None if "%" in text else ip_address(text).packed
    except ValueError:
        return None
