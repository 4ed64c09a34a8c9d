"""Leaves of a Suricata document that no key of EVE is copied to. `table` has the others."""

from typing import Final

from shipper.decoders.leaves import Leaf

# fmt: off
DERIVED: Final = (
    Leaf("@timestamp",          "date",    "`timestamp`; of `flow` and `netflow` the `end`; else the arrival"),
    Leaf("event.ingested",      "date",    "when the bytes arrived here"),
    Leaf("event.dataset",       "keyword", "`suricata.` and the event type, or `other`"),
    Leaf("event.kind",          "keyword", "`event`; `alert` and `metric` (stats)"),
    Leaf("event.category",      "keyword", "ECS categories, by event type"),
    Leaf("event.type",          "keyword", "of alerts: `allowed` or `denied`"),
    Leaf("event.sequence",      "long",    "microseconds of the second of `@timestamp`"),
    Leaf("event.duration",      "long",    "of flows: nanoseconds from start to end"),
    Leaf("event.severity",      "long",    "of alerts: 0 to 100, from `alert.severity`, of which 1 is the highest"),
    Leaf("observer.name",       "keyword", "`host`, else the sensor's name given to the stream"),
    Leaf("observer.ingress.interface.name", "keyword", "`in_iface`"),
    Leaf("source.ip",           "ip",      "`src_ip`"),
    Leaf("source.port",         "integer", "`src_port`"),
    Leaf("destination.ip",      "ip",      "`dest_ip`"),
    Leaf("destination.port",    "integer", "`dest_port`"),
    Leaf("client.ip",           "ip",      "the side that began, see `flowtap.initiator`"),
    Leaf("server.ip",           "ip",      "the other side"),
    Leaf("server.port",         "integer", "its port"),
    Leaf("related.ip",          "ip",      "both addresses"),
    Leaf("network.transport",   "keyword", "`proto`, in lower case"),
    Leaf("network.protocol",    "keyword", "`app_proto`, else the event type's own"),
    Leaf("network.community_id", "keyword", "`community_id`; computed where Suricata left it out (TCP, UDP, SCTP)"),
    Leaf("network.type",        "keyword", "`ipv4` or `ipv6`"),
    Leaf("network.vlan.id",     "keyword", "`vlan`; without the two tags of a VNI on streams marked so"),
    Leaf("dns.header_flags",    "keyword", "names of the flags that are set: AA, TC, RD, RA"),
    Leaf("dns.question.name",   "keyword", "`rrname`; of version 3 from `queries`"),
    Leaf("dns.question.type",   "keyword", "`rrtype`; of version 3 from `queries`"),
    Leaf("dns.resolved_ip",     "ip",      "addresses among the answers"),
    Leaf("flowtap.decoder",     "short",   "version of the decoder that made the document"),
    Leaf("flowtap.initiator",   "keyword", "how client and server were told apart: `suricata`, `port`, `unknown`"),
    Leaf("flowtap.mirror.vni",  "long",    "VNI of the mirror session: two VLAN tags, on streams marked so"),
    Leaf("flowtap.time_suspect", "boolean", "true where the event has no usable time"),
    Leaf("flowtap.malformed.path", "keyword", "leaf left out because its value is not of its kind"),
    Leaf("flowtap.malformed.text", "keyword, not indexed", "that value as text, cut at 256 characters"),
    Leaf("suricata.eve.timestamp", "date", "of flows: when the event was written"),
    Leaf("suricata.eve.unknown", "keyword, not indexed", "keys that are in no table, by path, as one JSON text"),
)
# fmt: on
