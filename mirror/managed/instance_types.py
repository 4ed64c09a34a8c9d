"""What AWS says of instance types, as data: its lists change, so they lead to warnings only, and may be replaced."""

from dataclasses import dataclass
from typing import Final

# Amazon VPC Traffic Mirroring, "Understand traffic mirror session concepts", "Instance types". Read on 2026-11-21.
UNSUPPORTED: Final = frozenset((
    "t2", "m8g", "m6a", "m6i", "m6id", "m6idn", "m6in", "m7a", "m7g", "m7gd", "m7i", "m7i-flex", "c8g", "c6a", "c6gd",
    "c6gn", "c6i", "c6id", "c6in", "c7a", "c7g", "c7gd", "c7gn", "c7i", "r8g", "r6a", "r6i", "r6id", "r6idn", "r6in",
    "r7a", "r7g", "r7gd", "r7i", "r7iz", "x8g", "x2idn", "x2iedn", "x2iezn", "i4g", "i4i", "im4gn", "is4gen", "inf2",
    "p5", "trn1", "trn1n", "hpc6a", "hpc6id", "hpc7a", "hpc7g",
))  # fmt: skip
# "Traffic mirroring quotas": the sizes that take 100 sources as targets. One is known for sure; others by `capacity`.
LARGE_TARGETS: Final = frozenset({"m5.24xlarge"})


@dataclass(frozen=True, slots=True)
class InstanceTypes:
    """Families or types that are not mirrored, beside bare metal; types that take 100 sources as targets."""

    unsupported: frozenset[str] = UNSUPPORTED
    large_targets: frozenset[str] = LARGE_TARGETS

    def doubtful(self, instance_type: str) -> bool:
        """Whether AWS is known not to mirror it."""
        family, _, size = instance_type.partition(".")
        return bool({family, instance_type} & self.unsupported) or size.startswith("metal")


KNOWN: Final = InstanceTypes()


def instance_types(unsupported: str, large_targets: str) -> InstanceTypes:
    """Of lists with commas; an empty one leaves what is built in."""
    return InstanceTypes(_listed(unsupported) or UNSUPPORTED, _listed(large_targets) or LARGE_TARGETS)


def _listed(text: str) -> frozenset[str]:
    return frozenset(each.strip() for each in text.split(",")) - {""}
