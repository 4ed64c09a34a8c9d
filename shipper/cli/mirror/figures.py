"""What was seen of mirrored packets, for people and for machines."""

from typing import Any

from mirror.account import Account
from mirror.frames import Drop
from mirror.tally import Tally

_MOST_LINES = 100


def as_json(now: Account) -> dict[str, Any]:
    """What decoding counted; VNIs are keys."""
    columns = (now.vnis.tolist(), now.vni_packets.tolist(), now.vni_octets.tolist())
    return {
        "frames": now.frames,
        "mirrored": now.mirrored,
        "dropped": {drop.name.lower(): now.drops[drop] for drop in Drop if now.drops.get(drop)},
        "truncated": now.truncated,
        "duplicates": now.duplicates,
        "reserved_bits": now.reserved_bits,
        "tags_stripped": now.tags_stripped,
        "vnis": {str(vni): {"packets": count, "bytes": size} for vni, count, size in zip(*columns, strict=True)},
        "packets_of_further_vnis": now.further,
    }


def of_listener(now: Account) -> dict[str, Any]:
    """The same, and what was lost where."""
    return as_json(now) | {
        "kernel_drops": now.kernel_drops,
        "longer_than_slots": now.cut,
        "not_handed_on": now.not_handed_on,
        "forwarded": now.forwarded,
        "not_forwarded": now.not_forwarded,
    }


def lines(tally: Tally) -> list[str]:
    """The figures that are not 0, and a table of the VNIs with most packets."""
    told = [f"{tally.frames:,} frames, {tally.mirrored:,} of them mirrored packets of {len(tally.vnis):,} VNIs"]
    told += [f"{count:,} dropped: {drop.said}" for drop, count in _dropped(tally)]
    odd = {
        "truncated: shorter than their own IP header says, Suricata drops such packets silently": tally.truncated,
        "seen under another VNI within 100 ms before: mirrored at both ends, or overlapping networks": tally.duplicates,
        "with reserved bits set in the VXLAN header": tally.reserved_bits,
        "VLAN tags too many, stripped where frames are tagged": tally.tags_stripped,
    }
    told += [f"{count:,} {what}" for what, count in odd.items() if count]
    most = sorted(tally.vnis.items(), key=lambda each: (-each[1].packets, each[0]))
    if most:
        told.append(f"{'VNI':>10}  {'packets':>14}  {'bytes':>18}")
    told += [f"{vni:>10}  {each.packets:>14,}  {each.octets:>18,}" for vni, each in most[:_MOST_LINES]]
    if len(most) > _MOST_LINES:
        told.append(f"… and {len(most) - _MOST_LINES:,} VNIs with fewer packets; --json has all")
    return told


def _dropped(tally: Tally) -> list[tuple[Drop, int]]:
    return [(drop, tally.drops[drop]) for drop in Drop if tally.drops[drop]]
