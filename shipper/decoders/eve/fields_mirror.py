"""What `shipper mirror listen` and `watch` tell in the form of EVE (docs/mirror.md, docs/guardduty.md): literal tables.

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
    "decision": (
        "action>event.action why>event.reason account>cloud.account.id region>cloud.region "
        "instance>cloud.instance.id eni>flowtap.mirror.eni vpc>flowtap.mirror.vpc_id "
        "session>flowtap.mirror.session_id reason>flowtap.decision.reason finding>flowtap.decision.finding "
        "version>flowtap.decision.version finding_type>flowtap.decision.finding_type "
        "severity:f>flowtap.decision.severity target>flowtap.decision.target preset>flowtap.decision.preset "
        "since:t>flowtap.decision.since ends:t>flowtap.decision.ends new:b>flowtap.decision.new "
        "dry_run:b>flowtap.decision.dry_run message:x>flowtap.decision.message"
    ),
    "guardduty": (
        "id>aws.guardduty.id type>aws.guardduty.type severity:f>aws.guardduty.severity title>aws.guardduty.title "
        "account>cloud.account.id region>cloud.region sender>aws.guardduty.sender role>aws.guardduty.resource_role "
        "resource_type>aws.guardduty.resource_type instance>aws.guardduty.instance eni>aws.guardduty.eni "
        "action_type>aws.guardduty.action_type domain>aws.guardduty.domain count:n>aws.guardduty.count "
        "first_seen:t>aws.guardduty.first_seen last_seen:t>aws.guardduty.last_seen "
        "created_at:t>aws.guardduty.created_at told_at:t>aws.guardduty.told_at sample:b>aws.guardduty.sample "
        "archived:b>aws.guardduty.archived finding:x>aws.guardduty.finding"
    ),
    "listener.dropped_by": " ".join(f"{name}:n>flowtap.listener.dropped_by.{name}" for name in _REASONS.split()),
}
