"""Findings of GuardDuty as EventBridge hands them on, about an instance of an account at the EC2 endpoint."""

import json
from datetime import datetime, timedelta
from typing import Any

from mirror_account import NOW

ID = "0123456789abcdef0123456789abcdef"
ACCOUNT, REGION = "123456789012", "us-east-1"
TYPE = "Backdoor:EC2/C&CActivity.B!DNS"


def stamped(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def finding(instance: str, eni: str, when: datetime = NOW, **changed: Any) -> dict[str, Any]:
    """An event. `changed` goes over what stands in the detail, its `service` and `resource` over what is in those."""
    service = {
        "serviceName": "guardduty",
        "detectorId": "12abc34d567e8fa901bc2d34e56789f0",
        "action": {"actionType": "DNS_REQUEST", "dnsRequestAction": {
            "domain": "guarddutyc2activityb.com", "protocol": "UDP", "blocked": False,
        }},
        "resourceRole": "TARGET",
        "additionalInfo": {"threatListName": "GeneratedFindingThreatListName"},
        "eventFirstSeen": stamped(when - timedelta(minutes=10)),
        "eventLastSeen": stamped(when - timedelta(minutes=5)),
        "archived": False,
        "count": 1,
    } | changed.pop("service", {})  # fmt: skip
    resource = {
        "resourceType": "Instance",
        "instanceDetails": {
            "instanceId": instance, "instanceType": "m5.large", "instanceState": "running",
            "tags": [{"key": "role", "value": "web"}],
            "networkInterfaces": [{
                "networkInterfaceId": eni, "privateIpAddress": "10.0.0.10", "subnetId": "subnet-0a1b2c3d",
                "vpcId": "vpc-0a1b2c3d", "privateIpAddresses": [{"privateIpAddress": "10.0.0.10"}],
                "ipv6Addresses": [], "securityGroups": [],
            }],
        },
    } | changed.pop("resource", {})  # fmt: skip
    detail = {
        "schemaVersion": "2.0", "accountId": ACCOUNT, "region": REGION, "partition": "aws", "id": ID,
        "arn": f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/12abc34d567e8fa901bc2d34e56789f0/finding/{ID}",
        "type": TYPE, "severity": 8, "title": "An instance asked for a C&C domain.",
        "description": "It asked for a domain that is associated with a known command and control server.",
        "createdAt": stamped(when), "updatedAt": stamped(when), "resource": resource, "service": service,
    } | changed  # fmt: skip
    return {
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "GuardDuty Finding",
        "source": "aws.guardduty", "account": ACCOUNT, "time": stamped(when), "region": REGION, "resources": [],
        "detail": detail,
    }  # fmt: skip


def connection(local: str, remote: str, direction: str = "OUTBOUND", eni: str = "") -> dict[str, Any]:
    """A service part: a connection from port 40000 to port 443."""
    ports = (40000, 443) if direction == "OUTBOUND" else (443, 40000)
    action = {
        "connectionDirection": direction, "protocol": "TCP", "blocked": False,
        "localIpDetails": {"ipAddressV4": local}, "remoteIpDetails": {"ipAddressV4": remote},
        "localPortDetails": {"port": ports[0]}, "remotePortDetails": {"port": ports[1]},
    } | ({"localNetworkInterface": eni} if eni else {})  # fmt: skip
    return {"action": {"actionType": "NETWORK_CONNECTION", "networkConnectionAction": action}}


def sequence(instance: str, eni: str, when: datetime = NOW) -> dict[str, Any]:
    """An attack sequence, which names its resources by ARN."""
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    resources = [
        {"uid": f"{arn}:instance/{instance}", "resourceType": "EC2_INSTANCE", "accountId": ACCOUNT,
         "data": {"ec2Instance": {"ec2NetworkInterfaceUids": [f"{arn}:network-interface/{eni}"]}}},
        {"uid": "arn:aws:s3:::bucket", "resourceType": "S3_BUCKET"},
    ]  # fmt: skip
    detection = {"sequence": {"uid": "a", "description": "several signals", "resources": resources}}
    return finding(
        instance, eni, when, type="AttackSequence:EC2/CompromisedInstanceGroup", severity=9,
        resource={"resourceType": "AttackSequence", "instanceDetails": None}, service={"detection": detection},
    )  # fmt: skip


def text(event: dict[str, Any]) -> str:
    return json.dumps(event)
