"""What is muted, as text: suppressions in threshold.config, sids in disabled.conf. Each says since when and why. Pure.

Suricata User Guide, "Global-Thresholds": `suppress gen_id 1, sig_id SID[, track by_src|by_dst, ip ADDRESS]`. What
others wrote into these files stays as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network

from suricata.errors import BadSensor

_REMARK = re.compile(r"#\s*flowtap since (?P<since>\S+)(?::\s*(?P<why>.*))?\s*$")
_SUPPRESS = re.compile(
    r"\s*suppress\s+gen_id\s+1\s*,\s*sig_id\s+(?P<sid>\d+)"
    r"(?:\s*,\s*track\s+(?P<track>by_src|by_dst|by_either)\s*,\s*ip\s+(?P<ip>[^#\s][^#]*?))?\s*(?:#.*)?$"
)
_DISABLED = re.compile(r"\s*(?P<sid>\d+)\s*(?P<remark>#.*)?$")


@dataclass(frozen=True, slots=True)
class Suppression:
    """Alerts of a rule that are not made: all, or those whose source (`track` by_src) lies in `network`."""

    sid: int
    track: str = ""
    network: str = ""
    since: str = ""
    why: str = ""

    @property
    def place(self) -> tuple[int, str, str]:
        """What it is about: two with the same are one."""
        return self.sid, self.track, self.network


@dataclass(frozen=True, slots=True)
class Disabled:
    """A rule that is not loaded."""

    sid: int
    since: str = ""
    why: str = ""


def suppression(sid: int, source: str = "", *, since: str, why: str) -> Suppression:
    """One from what a person typed; raises BadSensor."""
    track, network = ("by_src", _network(source)) if source else ("", "")
    return Suppression(sid, track, network, since, _one_line(why))


def suppressions_in(text: str) -> Iterator[Suppression]:
    """All of threshold.config, others' too (without since and why)."""
    remark = None
    for line in text.splitlines():
        if found := _SUPPRESS.match(line):
            since, why = (remark["since"], remark["why"] or "") if remark else ("", "")
            network = (found["ip"] or "").strip()
            yield Suppression(int(found["sid"]), found["track"] or "", _normal(network), since, why)
        remark = _REMARK.match(line)


def with_suppression(text: str, wanted: Suppression) -> str:
    """threshold.config with it; as it was where it is there already."""
    if any(found.place == wanted.place for found in suppressions_in(text)):
        return text
    tracked = f", track {wanted.track}, ip {wanted.network}" if wanted.network else ""
    return f"{_ended(text)}{_remark(wanted)}\nsuppress gen_id 1, sig_id {wanted.sid}{tracked}\n"


def without_suppression(text: str, sid: int, source: str | None = None) -> str:
    """threshold.config without a rule's suppressions; with `source`, without that one. Our remarks go, too."""
    network = _network(source) if source else None
    kept: list[str] = []
    for line in text.splitlines():
        found = _SUPPRESS.match(line)
        if found and int(found["sid"]) == sid and network in {None, _normal((found["ip"] or "").strip())}:
            if kept and _REMARK.match(kept[-1]):
                kept.pop()
        else:
            kept.append(line)
    return "".join(f"{line}\n" for line in kept)


def disabled_in(text: str) -> Iterator[Disabled]:
    """All of disabled.conf. Raises BadSensor for a line that is none of it."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _DISABLED.match(line)
        if found is None:
            raise BadSensor(f"disabled.conf:{number}: {line.strip()[:80]!r} is no sid")
        remark = _REMARK.match(found["remark"] or "")
        yield Disabled(int(found["sid"]), *((remark["since"], remark["why"] or "") if remark else ()))


def with_disabled(text: str, wanted: Disabled) -> str:
    """disabled.conf with it; as it was where it is there already."""
    if any(found.sid == wanted.sid for found in disabled_in(text)):
        return text
    return f"{_ended(text)}{wanted.sid} {_remark(replace(wanted, why=_one_line(wanted.why)))}\n"


def without_disabled(text: str, sid: int) -> str:
    """disabled.conf without it."""
    kept = [line for line in text.splitlines() if not ((found := _DISABLED.match(line)) and int(found["sid"]) == sid)]
    return "".join(f"{line}\n" for line in kept)


def _remark(muted: Suppression | Disabled) -> str:
    return f"# flowtap since {muted.since}" + (f": {muted.why}" if muted.why else "")


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _one_line(why: str) -> str:
    return " ".join(why.split())


def _network(source: str) -> str:
    try:
        network = ip_network(source)
    except ValueError as error:
        raise BadSensor(f"{source!r} is no address and no network such as 10.0.0.0/8 ({error})") from error
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _normal(text: str) -> str:
    """The same for the same network; what is a variable or a list stays as it is written."""
    try:
        return _network(text)
    except BadSensor:
        return text
