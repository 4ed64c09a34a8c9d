"""The flow-log fields AWS writes, as one literal table. Casting, templates' check and docs/fields.md are derived from it.

Sources: Amazon VPC User Guide, "Flow log records", "Available fields" (v2-v5, v7-v11);
AWS Transit Gateway guide, "Transit Gateway Flow Log records" (v6).
Version 11's types are not published; its fields are read as text.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a column's text is read, and the OpenSearch type its leaf must have."""

    TEXT = "keyword"
    LOWER = "keyword, lower case"
    IP = "ip"
    PORT = "integer"
    COUNT = "long"
    SMALL = "short"
    TIME = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One column: AWS's name, how it is read, its path in the document (None: it only feeds derived leaves), its version."""

    name: str
    kind: Kind
    target: str | None
    since: int


# fmt: off
SHARED = (
    Field("version",        Kind.TEXT,  "{own}.version",       2),
    Field("account-id",     Kind.TEXT,  "cloud.account.id",    2),
    Field("srcaddr",        Kind.IP,    "source.ip",           2),
    Field("dstaddr",        Kind.IP,    "destination.ip",      2),
    Field("srcport",        Kind.PORT,  "source.port",         2),
    Field("dstport",        Kind.PORT,  "destination.port",    2),
    Field("protocol",       Kind.SMALL, "network.iana_number", 2),
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

# Amazon VPC User Guide, "Flow log records", "Default format". What header-less text is read as.
DEFAULT_FORMAT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)


def _table(own: str, fields: tuple[Field, ...]) -> dict[str, Field]:
    return {
        field.name: Field(field.name, field.kind, field.target and field.target.format(own=own), field.since)
        for field in fields
    }


VPC_FIELDS = _table("aws.vpcflow", SHARED + VPC_ONLY)
"""By AWS's name: what a VPC flow log may hold."""

TGW_FIELDS = _table("aws.tgw", SHARED + TGW_ONLY)
"""By AWS's name: what a transit gateway flow log may hold."""

KNOWN_NAMES = frozenset(VPC_FIELDS) | frozenset(TGW_FIELDS)
