"""Which objects of an event each dataset maps: those it may hold, and no template larger than it must be."""

from typing import Final

from shipper.decoders.eve.fields_core import CORE
from shipper.decoders.eve.fields_protocols import PROTOCOLS
from shipper.decoders.eve.fields_stats import STATS
from shipper.decoders.eve.fields_web import WEB

SHARED: Final = ("", "packet_info", "ether", "tunnel", "traffic", "metadata", "flow", "tcp", "verdict", "firewall")
"""Objects that events of any type may have, with what is below them."""

_OWN: Final = {
    "aws.guardduty": ("guardduty",),
    "mirror.decision": ("decision",),
    "mirror.stats": ("listener",),
    "suricata.alert": ("alert", "fileinfo", "files"),
    "suricata.anomaly": ("anomaly",),
    "suricata.dns": ("dns", "http"),
    "suricata.fileinfo": ("fileinfo",),
    "suricata.flow": (),
    "suricata.http": ("http", "dns"),
    "suricata.stats": tuple(path for path in STATS if "." not in path),
    "suricata.tls": ("tls",),
    "suricata.other": tuple(
        path.removesuffix("[]") for path in CORE if path not in {*SHARED, "alert"} and "." not in path
    ),
}
_ALL_FAMILIES: Final = ("suricata.alert", "suricata.fileinfo", "suricata.other")


def own_objects(dataset: str) -> tuple[str, ...]:
    """Paths in EVE of the objects that a dataset's own template maps: what stands below these and is in no other."""
    return _OWN[dataset]


def family_objects() -> tuple[str, ...]:
    """Those of the template that datasets share whose events may hold any family."""
    return tuple(dict.fromkeys(path.replace("[]", "").split(".")[0] for path in {**WEB, **PROTOCOLS}))


def has_families(dataset: str) -> bool:
    """Whether events of a dataset may hold any family."""
    return dataset in _ALL_FAMILIES


def objects(dataset: str) -> frozenset[str]:
    """Every object that a dataset's events may have; others are kept as text, as all that is in no table."""
    families = family_objects() if has_families(dataset) else ()
    return frozenset((*SHARED, *own_objects(dataset), *families))
