"""Filters that several dashboards have: whose traffic it was, and where. Some leaves only one witness has."""

from dashboards.model import Control

_VPC, _ENI = "aws.vpcflow.vpc_id", "aws.vpcflow.interface_id"
_MIRRORED_VPC, _MIRRORED_ENI = "flowtap.mirror.vpc_id", "flowtap.mirror.eni"

ACCOUNT = Control("cloud.account.id", "Account")
REGION = Control("cloud.region", "Region")
INSTANCE = Control("cloud.instance.id", "Instance")
ACTION = Control("event.action", "Action")

RECORDED = (ACCOUNT, REGION, Control(_VPC, "VPC"), Control(_ENI, "ENI"), INSTANCE)
"""Of flow logs."""
MIRRORED = (ACCOUNT, REGION, Control(_MIRRORED_VPC, "VPC"), Control(_MIRRORED_ENI, "ENI"), INSTANCE)
"""Of what came by a mirror session that the inventory knows; other documents have none of these leaves."""
ONLY_MIRRORED = "Account, region, VPC, ENI and instance are known of mirrored packets only."
BOTH = (
    ACCOUNT, REGION, INSTANCE,
    Control(_VPC, "VPC (flow logs)"), Control(_ENI, "ENI (flow logs)"), Control(_MIRRORED_ENI, "ENI (mirrored)"),
)  # fmt: skip
"""Of flow logs and events together: a label that names one of them leaves nothing of the other."""
