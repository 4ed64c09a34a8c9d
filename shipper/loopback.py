"""Whether an address leads to this machine and nowhere else. Pure."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """For an IP address without brackets, or a name: of names only `localhost` is taken for it (RFC 6761)."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
