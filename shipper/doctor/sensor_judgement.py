"""What is seen of the sensor and of followed logs → findings. Pure."""

import re
from collections.abc import Sequence

from shipper.doctor.finding import Finding, ok, some, warn
from shipper.doctor.sensor import FollowedLog, Sensor

MOST_DROPPED = 0.001
"""The share of packets that may be dropped before it is said."""

_VERSION = re.compile(r"(\d+)\.(\d+)")


def sensor(seen: Sensor) -> Finding:
    """Version, rules, packets dropped: the first that is not well."""
    counters, rules = seen.counters, seen.rules
    packets = sum(each.packets for each in counters.interfaces)
    drops = sum(each.drops for each in counters.interfaces)
    told = f"Suricata {counters.version}, up {counters.uptime_seconds:,} s, {rules.loaded:,} rules, {packets:,} packets"
    if not _is_supported(counters.version):
        return warn(told, "use Suricata 7.0 or later: ids of conversations and types of events differ before")
    if not rules.loaded:
        return warn(told, "without rules there are no alerts: `shipper suricata rules update`, then `… reload`")
    if rules.failed:
        names = some([f"{each.file}:{each.line}" for each in rules.failed])
        return warn(f"{told}; left out: {names}", "correct these rules, then `shipper suricata reload`")
    if drops > MOST_DROPPED * packets:
        return warn(f"{told}, {drops:,} more dropped by the kernel", 'docs/suricata.md, "When it drops packets"')
    if hits := counters.figures.get("memcap_hits"):
        return warn(f"{told}; memory limits were hit {hits:,} times", "set suricata.memory_mib higher")
    return ok(told)


def silent_sensor(why: str) -> Finding:
    """One was set up, and none answers."""
    return warn(why, "start it, or, where none is wanted any more, move its folder (suricata.directory) aside")


def followed_logs(logs: Sequence[FollowedLog]) -> Finding:
    """Whether each followed log is there and being written."""
    if not logs:
        return ok("no input follows files")
    for log in logs:
        if log.newest is None:
            return warn(
                f"input {log.name}: no file {some(log.paths)}",
                "let this user reach the folder, correct the input's paths, or start what writes there",
            )
        if 0 < log.silent_after_seconds < log.age_seconds:
            return warn(
                f"input {log.name}: nothing was written to {log.newest} for {log.age_seconds:,.0f} s",
                "see that Suricata runs and writes there (`shipper suricata stats`)",
            )
    return ok(", ".join(f"{log.name}: written {max(log.age_seconds, 0):,.0f} s ago" for log in logs))


def _is_supported(version: str) -> bool:
    found = _VERSION.search(version)
    return found is None or int(found[1]) >= 7
