"""Interfaces: where in the network the bytes went through."""

from dashboards.model import Dashboard, Place, Search
from dashboards.panels.by_value import by_bytes
from dashboards.panels.controls import ACTION, RECORDED
from dashboards.panels.patterns import FLOW_LOGS

VPCS = by_bytes("interfaces-vpcs", "VPC", "aws.vpcflow.vpc_id")
SUBNETS = by_bytes("interfaces-subnets", "subnet", "aws.vpcflow.subnet_id")
ENIS = by_bytes("interfaces-enis", "ENI", "aws.vpcflow.interface_id")
INSTANCES = by_bytes("interfaces-instances", "instance", "cloud.instance.id")
PATHS = by_bytes("interfaces-paths", "traffic path", "aws.vpcflow.traffic_path_name")
RECORDS = Search(
    "interfaces-records", "Flow-log records", "Which records are these?", FLOW_LOGS,
    ("aws.vpcflow.interface_id", "cloud.instance.id", "network.direction", "source.ip", "destination.ip",
     "server.port", "source.bytes", "network.community_id"),
    query="event.kind:event",
)  # fmt: skip

INTERFACES = Dashboard(
    "interfaces",
    "Interfaces and paths",
    "Through which VPCs, subnets, interfaces, instances and paths did how much go?",
    "Bytes count at every interface that recorded them, so traffic between two recorded interfaces counts at both. "
    "Only traffic that leaves has a path; formats without a field have no bar for it.",
    FLOW_LOGS,
    (*RECORDED, ACTION),
    (
        (Place(VPCS, 16, 14), Place(SUBNETS, 16, 14), Place(PATHS, 16, 14)),
        (Place(ENIS, 24, 16), Place(INSTANCES, 24, 16)),
        (Place(RECORDS, 48, 20),),
    ),
    next=("talkers", "overview", "refused"),
)
