"""The flow-log fields AWS writes, as one literal table: casts, templates' check and docs/fields.md derive from it.

Sources: Amazon VPC User Guide, "Flow log records", "Available fields" (v2-v5, v7-v11);
AWS Transit Gateway guide, "Transit Gateway Flow Log records" (v6).
Version 11's types are not published; its fields are read as text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from shipper.decoders.leaves import Leaf


class Kind(Enum):
    """How a column's text is read, and the OpenSearch type its leaf must have."""

    TEXT = "keyword"
    LOWER = "keyword, lower case"
    IP = "ip"
    PORT = "integer"
    COUNT = "long"
    SMALL = "short"
    NUMBER_NAME = "keyword, a number that names"
    TIME = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One column: AWS's name, how it is read, its path in the document, the flow log version that brought it."""

    name: str
    kind: Kind
    target: str
    since: int


# fmt: off
SHARED = (
    Field("version",        Kind.TEXT,  "{own}.version",       2),
    Field("account-id",     Kind.TEXT,  "cloud.account.id",    2),
    Field("srcaddr",        Kind.IP,    "source.ip",           2),
    Field("dstaddr",        Kind.IP,    "destination.ip",      2),
    Field("srcport",        Kind.PORT,  "source.port",         2),
    Field("dstport",        Kind.PORT,  "destination.port",    2),
    Field("protocol",       Kind.NUMBER_NAME, "network.iana_number", 2),
    Field("packets",        Kind.COUNT, "source.packets",      2),
    Field("bytes",          Kind.COUNT, "source.bytes",        2),
    Field("start",          Kind.TIME,  "event.start",         2),
    Field("end",            Kind.TIME,  "event.end",           2),
    Field("log-status",     Kind.TEXT,  "{own}.log_status",    2),
    Field("type",           Kind.LOWER, "network.type",        3),
    Field("tcp-flags",      Kind.SMALL, "{own}.tcp_flags",     3),
    Field("region",         Kind.TEXT,  "cloud.region",        4),
    Field("flow-direction", Kind.LOWER, "network.direction",   5),
    Field("pkt-src-aws-service", Kind.TEXT, "{own}.pkt_src_service", 5),
    Field("pkt-dst-aws-service", Kind.TEXT, "{own}.pkt_dst_service", 5),
)

VPC_ONLY = (
    Field("interface-id",       Kind.TEXT,  "aws.vpcflow.interface_id",     2),
    Field("action",             Kind.LOWER, "event.action",                 2),
    Field("vpc-id",             Kind.TEXT,  "aws.vpcflow.vpc_id",           3),
    Field("subnet-id",          Kind.TEXT,  "aws.vpcflow.subnet_id",        3),
    Field("instance-id",        Kind.TEXT,  "cloud.instance.id",            3),
    Field("pkt-srcaddr",        Kind.IP,    "aws.vpcflow.pkt_srcaddr",      3),
    Field("pkt-dstaddr",        Kind.IP,    "aws.vpcflow.pkt_dstaddr",      3),
    Field("az-id",              Kind.TEXT,  "aws.vpcflow.az_id",            4),
    Field("sublocation-type",   Kind.TEXT,  "aws.vpcflow.sublocation.type", 4),
    Field("sublocation-id",     Kind.TEXT,  "aws.vpcflow.sublocation.id",   4),
    Field("traffic-path",       Kind.SMALL, "aws.vpcflow.traffic_path",     5),
    Field("ecs-cluster-arn",              Kind.TEXT, "orchestrator.cluster.id",                7),
    Field("ecs-cluster-name",             Kind.TEXT, "orchestrator.cluster.name",              7),
    Field("ecs-container-instance-arn",   Kind.TEXT, "aws.vpcflow.ecs.container_instance.arn", 7),
    Field("ecs-container-instance-id",    Kind.TEXT, "aws.vpcflow.ecs.container_instance.id",  7),
    Field("ecs-container-id",             Kind.TEXT, "container.id",                           7),
    Field("ecs-second-container-id",      Kind.TEXT, "aws.vpcflow.ecs.second_container_id",    7),
    Field("ecs-service-name",             Kind.TEXT, "service.name",                           7),
    Field("ecs-task-definition-arn",      Kind.TEXT, "aws.vpcflow.ecs.task_definition_arn",    7),
    Field("ecs-task-arn",                 Kind.TEXT, "aws.vpcflow.ecs.task_arn",               7),
    Field("ecs-task-id",                  Kind.TEXT, "aws.vpcflow.ecs.task_id",                7),
    Field("reject-reason",      Kind.TEXT,  "event.reason",                  8),
    Field("resource-id",        Kind.TEXT,  "aws.vpcflow.resource_id",       9),
    Field("encryption-status",  Kind.SMALL, "aws.vpcflow.encryption_status", 10),
    Field("instance-tag",              Kind.TEXT, "aws.vpcflow.tag.instance",            11),
    Field("instance-tag-2",            Kind.TEXT, "aws.vpcflow.tag.instance_2",          11),
    Field("interface-tag",             Kind.TEXT, "aws.vpcflow.tag.interface",           11),
    Field("interface-tag-2",           Kind.TEXT, "aws.vpcflow.tag.interface_2",         11),
    Field("asg-tag",                   Kind.TEXT, "aws.vpcflow.tag.asg",                 11),
    Field("asg-tag-2",                 Kind.TEXT, "aws.vpcflow.tag.asg_2",               11),
    Field("interface-type",            Kind.TEXT, "aws.vpcflow.interface_type",          11),
    Field("next-hop-interface-id",     Kind.TEXT, "aws.vpcflow.next_hop.interface_id",   11),
    Field("next-hop-subnet-id",        Kind.TEXT, "aws.vpcflow.next_hop.subnet_id",      11),
    Field("next-hop-az-id",            Kind.TEXT, "aws.vpcflow.next_hop.az_id",          11),
    Field("next-hop-vpc-id",           Kind.TEXT, "aws.vpcflow.next_hop.vpc_id",         11),
    Field("next-hop-interface-type",   Kind.TEXT, "aws.vpcflow.next_hop.interface_type", 11),
)

TGW_ONLY = (
    Field("resource-type",              Kind.TEXT,  "aws.tgw.resource_type",             6),
    Field("tgw-id",                     Kind.TEXT,  "aws.tgw.id",                        6),
    Field("tgw-attachment-id",          Kind.TEXT,  "aws.tgw.attachment_id",             6),
    Field("tgw-pair-attachment-id",     Kind.TEXT,  "aws.tgw.pair_attachment_id",        6),
    Field("tgw-src-vpc-account-id",     Kind.TEXT,  "aws.tgw.src.vpc_account_id",        6),
    Field("tgw-dst-vpc-account-id",     Kind.TEXT,  "aws.tgw.dst.vpc_account_id",        6),
    Field("tgw-src-vpc-id",             Kind.TEXT,  "aws.tgw.src.vpc_id",                6),
    Field("tgw-dst-vpc-id",             Kind.TEXT,  "aws.tgw.dst.vpc_id",                6),
    Field("tgw-src-subnet-id",          Kind.TEXT,  "aws.tgw.src.subnet_id",             6),
    Field("tgw-dst-subnet-id",          Kind.TEXT,  "aws.tgw.dst.subnet_id",             6),
    Field("tgw-src-eni",                Kind.TEXT,  "aws.tgw.src.eni",                   6),
    Field("tgw-dst-eni",                Kind.TEXT,  "aws.tgw.dst.eni",                   6),
    Field("tgw-src-az-id",              Kind.TEXT,  "aws.tgw.src.az_id",                 6),
    Field("tgw-dst-az-id",              Kind.TEXT,  "aws.tgw.dst.az_id",                 6),
    Field("packets-lost-no-route",      Kind.COUNT, "aws.tgw.packets_lost.no_route",     6),
    Field("packets-lost-blackhole",     Kind.COUNT, "aws.tgw.packets_lost.blackhole",    6),
    Field("packets-lost-mtu-exceeded",  Kind.COUNT, "aws.tgw.packets_lost.mtu_exceeded", 6),
    Field("packets-lost-ttl-expired",   Kind.COUNT, "aws.tgw.packets_lost.ttl_expired",  6),
)
# fmt: on

FILLED = frozenset({"end"})
"""Columns whose leaf is not in a document: the index fills it from `@timestamp`, which is the same time (ADR 26)."""

# Amazon VPC User Guide, "Flow log records", "Default format". What header-less text is read as.
DEFAULT_FORMAT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)


def _table(own: str, fields: tuple[Field, ...]) -> dict[str, Field]:
    return {field.name: Field(field.name, field.kind, field.target.format(own=own), field.since) for field in fields}


VPC_FIELDS = _table("aws.vpcflow", SHARED + VPC_ONLY)
"""By AWS's name: what a VPC flow log may hold."""

TGW_FIELDS = _table("aws.tgw", SHARED + TGW_ONLY)
"""By AWS's name: what a transit gateway flow log may hold."""

KNOWN_NAMES = frozenset(VPC_FIELDS) | frozenset(TGW_FIELDS)

ABSENT = "-"
"""What AWS writes where a column has no value; the leaf is left out."""


# fmt: off
DERIVED = (
    Leaf("@timestamp",                   "date",    "the record's end, else its start, else the time of arrival"),
    Leaf("event.ingested",               "date",    "when the bytes arrived here"),
    Leaf("event.dataset",                "keyword", "`aws.vpcflow` or `aws.tgwflow`"),
    Leaf("event.kind",                   "keyword", "`event`; `metric` for NODATA and SKIPDATA"),
    Leaf("event.type",                   "keyword", "`connection`, and `allowed` or `denied` where the action says so"),
    Leaf("event.outcome",                "keyword", "`success` for accept, `failure` for reject"),
    Leaf("network.transport",            "keyword", "IANA keyword of `network.iana_number`"),
    Leaf("network.community_id",         "keyword", "community ids v1: the packet's addresses, the interface's"),
    Leaf("client.ip",                    "ip",      "the side that began, see `flowtap.initiator`"),
    Leaf("server.ip",                    "ip",      "the other side"),
    Leaf("server.port",                  "integer", "its port"),
    Leaf("related.ip",                   "ip",      "every address in the record: filled by the index"),
    Leaf("{own}.tcp_flags_array",        "keyword", "names of the bits in `{own}.tcp_flags`"),
    Leaf("aws.vpcflow.traffic_path_name", "keyword", "what `aws.vpcflow.traffic_path` stands for"),
    Leaf("{own}.flow_log_id",            "keyword", "from the object's name, else from the settings"),
    Leaf("{own}.source_object",          "keyword", "base name of the delivered object; nothing for other streams"),
    Leaf("{own}.unknown",                "keyword, not indexed", "columns not in this table, as one JSON text"),
    Leaf("flowtap.decoder",              "short",   "version of the decoder that made the document"),
    Leaf("flowtap.initiator",            "keyword", "how client and server were told apart: `syn`, `port`, `unknown`"),
    Leaf("flowtap.time_suspect",         "boolean", "true where the record has no usable time"),
    Leaf("flowtap.malformed.path",       "keyword", "leaf left out because its text is not of its type"),
    Leaf("flowtap.malformed.text",       "keyword, not indexed", "that text, cut at 256 characters"),
)
# fmt: on


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A kind of flow log: its name, the root of what ECS has no word for, its columns by AWS's name."""

    name: str
    own: str
    fields: Mapping[str, Field]

    @property
    def derived(self) -> tuple[Leaf, ...]:
        """The leaves no column is copied to."""
        other = TGW.own if self.own == VPC.own else VPC.own
        leaves = (
            Leaf(leaf.path.format(own=self.own), leaf.kind, leaf.meaning.format(own=self.own)) for leaf in DERIVED
        )
        return tuple(leaf for leaf in leaves if not leaf.path.startswith(other + "."))


VPC = Dataset("aws.vpcflow", "aws.vpcflow", VPC_FIELDS)
TGW = Dataset("aws.tgwflow", "aws.tgw", TGW_FIELDS)
TGW_MARKS = frozenset(field.name for field in TGW_ONLY)
"""One of these columns makes a flow log a transit gateway's."""
