"""Mirroring: whose packets came, what was lost on their way to Suricata, and which findings began it?"""

from dashboards.aggregations import cases, counted, distinct, highest, over_time, summed, top
from dashboards.model import AMBER, BLUE, GREEN, GREY, RED, Control, Dashboard, Draw, Panel, Place, Search
from dashboards.panels.controls import MIRRORED
from dashboards.panels.patterns import DECISIONS, EVENTS, FINDINGS, MIRROR

_TOLD, _OF, _DECIDED, _FOUND = "flowtap.listener", "flowtap.mirror", "flowtap.decision", "aws.guardduty"
_BY_VNI, _BY_LISTENER = f"_exists_:{_OF}.vni", f"_exists_:{_TOLD}.frames"
_COLORS = {"mirrored": BLUE, "extended": GREEN, "not mirrored": AMBER, "failed": RED, "expired": GREY}
_ACTIONS = {label: f"event.action:{'refused' if label == 'not mirrored' else label}" for label in _COLORS}
_PACKETS, _BYTES = summed(f"{_TOLD}.packets", "packets"), summed(f"{_TOLD}.bytes", "bytes")

TOTAL = Panel(
    "mirroring-total", "Mirrored", "How many sessions send, and how much?", MIRROR, Draw.METRIC,
    (distinct(f"{_OF}.vni", "VNIs"), distinct(f"{_OF}.session_id", "known sessions"),
     summed(f"{_TOLD}.mirrored", "packets")),
)  # fmt: skip
LOST = Panel(
    "mirroring-lost", "Lost on the way", "Did Suricata get all that arrived?", MIRROR, Draw.METRIC,
    (summed(f"{_TOLD}.lost", "lost"), summed(f"{_TOLD}.truncated", "truncated")), colors={"whole": RED},
)  # fmt: skip
OVER_TIME = Panel(
    "mirroring-packets", "Mirrored packets over time", "When did how many come, and when none?", MIRROR, Draw.BARS,
    (summed(f"{_TOLD}.mirrored", "mirrored"), summed(f"{_TOLD}.dropped", "not decoded")), (over_time(),),
    colors={"mirrored": BLUE, "not decoded": AMBER},
)  # fmt: skip
LOSSES = Panel(
    "mirroring-losses", "Losses over time, by place", "Where were packets lost?", MIRROR, Draw.BARS,
    (summed(f"{_TOLD}.kernel_drops", "no room in the socket"), summed(f"{_TOLD}.not_handed_on", "not handed on"),
     summed(f"{_TOLD}.longer_than_slots", "too long"), summed(f"{_TOLD}.truncated", "truncated before")),
    (over_time(),),
    colors={"no room in the socket": RED, "not handed on": AMBER, "too long": GREY, "truncated before": BLUE},
)  # fmt: skip
SESSIONS = Panel(
    "mirroring-sessions", "Sessions", "Which sessions send how much, of which instances, and when last?", MIRROR,
    Draw.TABLE, (_PACKETS, _BYTES, highest("@timestamp", "last")),
    (top(f"{_OF}.session_id", 25, "session"), top(f"{_OF}.instance_id", 1, "instance"), top(f"{_OF}.eni", 1, "ENI")),
    query=_BY_VNI,
)  # fmt: skip
VNIS = Panel(
    "mirroring-vnis", "VNIs", "Which VNIs send how much, known or not?", MIRROR, Draw.TABLE,
    (_PACKETS, _BYTES, highest("@timestamp", "last")), (top(f"{_OF}.vni", 25, "VNI"),), query=_BY_VNI,
)  # fmt: skip
STRANGERS = Panel(
    "mirroring-strangers", "VNIs of no known session", "Which VNIs does the inventory not know?", MIRROR, Draw.TABLE,
    (_PACKETS, highest("@timestamp", "last")), (top(f"{_OF}.vni", 15, "VNI"),),
    query=f"{_BY_VNI} AND NOT _exists_:{_OF}.session_id",
)  # fmt: skip
REASONS = Panel(
    "mirroring-reasons", "Not decoded, by reason", "What came that was no mirrored packet?", MIRROR, Draw.TABLE,
    tuple(summed(f"{_TOLD}.dropped_by.{name}", label) for name, label in (
        ("other", "other port"), ("cut", "cut"), ("bad_header", "bad header"), ("outer_fragment", "fragment"),
        ("short", "short"), ("no_vni", "no VNI"), ("reserved_bits", "reserved bits"),
        ("short_inner", "short inner frame"),
    )),
    (top("observer.name", 10, "listener"),), query=_BY_LISTENER,
)  # fmt: skip
LISTENERS = Panel(
    "mirroring-listeners", "Listeners", "Which listeners speak, what do they lose and forward?", MIRROR, Draw.TABLE,
    (highest("@timestamp", "last word"), summed(f"{_TOLD}.mirrored", "mirrored"), summed(f"{_TOLD}.lost", "lost"),
     summed(f"{_TOLD}.truncated", "truncated"), summed(f"{_TOLD}.duplicates", "duplicates"),
     summed(f"{_TOLD}.forwarded", "forwarded"), summed(f"{_TOLD}.not_forwarded", "not forwarded")),
    (top("observer.name", 10, "listener"),), query=_BY_LISTENER,
)  # fmt: skip
INSTANCES = Panel(
    "mirroring-events", "Suricata's events, by instance", "What was said about whom?", EVENTS, Draw.TABLE,
    (counted("events"), highest("@timestamp", "last")),
    (top(f"{_OF}.instance_id", 15, "instance"), top("event.dataset", 5, "kind")),
)  # fmt: skip
ACTIONS = Panel(
    "mirroring-decisions", "Decisions over time", "When did findings start sessions, and when did sessions end?",
    DECISIONS, Draw.BARS, (counted("decisions"),),
    (over_time(), cases("action", _ACTIONS)), colors=_COLORS,
)  # fmt: skip
WHY = Panel(
    "mirroring-reasons-decided", "Decisions, by reason", "Why was mirroring begun, or refused?", DECISIONS, Draw.TABLE,
    (counted("decisions"), distinct(f"{_DECIDED}.finding", "findings"), highest("@timestamp", "last")),
    (top("event.action", 5, "action"), top(f"{_DECIDED}.reason", 10, "reason")),
)  # fmt: skip
FOUND = Panel(
    "mirroring-findings", "Findings of GuardDuty", "What was found, how grave, on how many instances?", FINDINGS,
    Draw.TABLE,
    (distinct(f"{_FOUND}.id", "findings"), distinct(f"{_FOUND}.instance", "instances"),
     highest(f"{_FOUND}.severity", "severity"), highest("@timestamp", "last")),
    (top(f"{_FOUND}.type", 15, "type"),),
)  # fmt: skip
DECIDED = Search(
    "mirroring-decided", "What was decided", "About which machine, why, and until when?", DECISIONS,
    ("event.action", f"{_DECIDED}.reason", "event.reason", "cloud.instance.id", f"{_OF}.eni", f"{_OF}.session_id",
     f"{_DECIDED}.finding_type", f"{_DECIDED}.finding", f"{_DECIDED}.ends", f"{_DECIDED}.dry_run"),
)  # fmt: skip
TOLD = Search(
    "mirroring-found", "What GuardDuty found", "On which instance, between whom, how often?", FINDINGS,
    (f"{_FOUND}.type", f"{_FOUND}.severity", f"{_FOUND}.instance", f"{_FOUND}.eni", f"{_FOUND}.domain", "related.ip",
     f"{_FOUND}.count", f"{_FOUND}.sample", f"{_FOUND}.archived", f"{_FOUND}.id"),
)  # fmt: skip
LIST = Search(
    "mirroring-list", "What listeners told", "What exactly, minute by minute?", MIRROR,
    ("observer.name", f"{_OF}.vni", f"{_OF}.session_id", f"{_OF}.instance_id", f"{_TOLD}.packets", f"{_TOLD}.mirrored",
     f"{_TOLD}.lost", f"{_TOLD}.waits"),
)  # fmt: skip

MIRRORING = Dashboard(
    "mirroring",
    "Mirroring",
    "Whose packets are mirrored, how many come, and what is lost before Suricata sees them?",
    "Sums of what listeners told each minute (`shipper mirror listen --figures`). Lost: no room in the socket, too "
    "long, not handed on; truncated packets were cut before they came. Suricata's own drops: sensors and pipeline. "
    "Filters other than the listener's leave only what was told of known sessions. Decisions and findings are those of "
    "`shipper mirror watch`, dry runs too; they have no listener, and findings only account and region to filter by.",
    MIRROR,
    (Control("observer.name", "Listener"), Control(f"{_OF}.session_id", "Session"), *MIRRORED),
    (
        (Place(TOTAL, 28, 9), Place(LOST, 20, 9)),
        (Place(LISTENERS, 48, 9),),
        (Place(OVER_TIME, 24, 12), Place(LOSSES, 24, 12)),
        (Place(SESSIONS, 48, 15),),
        (Place(VNIS, 24, 15), Place(STRANGERS, 24, 15)),
        (Place(INSTANCES, 24, 15), Place(REASONS, 24, 15)),
        (Place(FOUND, 48, 12),),
        (Place(WHY, 24, 12), Place(ACTIONS, 24, 12)),
        (Place(DECIDED, 48, 16),),
        (Place(TOLD, 48, 16),),
        (Place(LIST, 48, 16),),
    ),
    next=("pipeline", "alerts"),
)  # fmt: skip
