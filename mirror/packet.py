"""Full dissection of single frames by scapy (GPL-2.0), an extra: `flowtap[dissect]`. No other module imports it."""

import logging

from mirror.errors import DissectionMissing


def dissect(frame: bytes) -> str:
    """Every layer and field of a frame, for people. Raises DissectionMissing."""
    try:
        # It warns of what it cannot resolve on this host, which has nothing to do with the frame.
        logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
        from scapy.layers import dns, inet6, l2  # noqa: F401, PLC0415  (optional; layers make themselves known when imported)
    except ImportError as missing:
        raise DissectionMissing("full dissection takes scapy: pip install 'flowtap[dissect]' (GPL-2.0)") from missing
    shown = l2.Ether(frame).show(dump=True)
    return shown if isinstance(shown, str) else ""
