"""How times and ends of connections read in answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

_SECONDS = len("2026-11-21T14:00:00")


def when(moment: str | None) -> str | None:
    """A UTC time as documents have it, to the second."""
    return moment.replace("T", " ")[:_SECONDS] if moment else None


def moment_ms(milliseconds: float) -> datetime:
    """A UTC time as aggregations give it, in milliseconds since 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def when_ms(milliseconds: float | None) -> str | None:
    """The same to the second."""
    return None if milliseconds is None else f"{moment_ms(milliseconds):%Y-%m-%d %H:%M:%S}"


def address(side: Mapping[str, Any]) -> str | None:
    """Of an end, as OpenSearch writes it in buckets: Suricata spells IPv6 addresses out."""
    return str(ip_address(side["ip"])) if "ip" in side else None


def end(side: Mapping[str, Any]) -> str | None:
    """Address and port, as a URL would have them (RFC 3986)."""
    found = address(side)
    if found is None or "port" not in side:
        return found
    return f"[{found}]:{side['port']}" if ":" in found else f"{found}:{side['port']}"
