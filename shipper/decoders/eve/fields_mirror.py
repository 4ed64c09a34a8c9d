"""What `shipper mirror listen` tells of itself in the form of EVE (docs/mirror.md), as a literal table.

How to read it: `fields_core`. Counts are those of an interval, so sums over time add up.
"""

_LISTENER = (
    "frames mirrored mirrored_bytes vnis packets_of_further_vnis dropped truncated duplicates reserved_bits "
    "tags_stripped kernel_drops longer_than_slots not_handed_on lost forwarded not_forwarded packets bytes"
)
_REASONS = "other cut bad_header outer_fragment short no_vni reserved_bits short_inner"

MIRROR = {
    "listener": " ".join(
        [
            "interval_seconds:f>flowtap.listener.interval_seconds",
            "waits>flowtap.listener.waits",
            *(f"{name}:n>flowtap.listener.{name}" for name in _LISTENER.split()),
        ]
    ),
    "listener.dropped_by": " ".join(f"{name}:n>flowtap.listener.dropped_by.{name}" for name in _REASONS.split()),
}
