"""The EC2 endpoint over HTTP, and against the installed botocore model: every traffic-mirror operation, every field."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from aws.endpoint.answer import CHANGES, Endpoint
from aws.endpoint.describe import LISTINGS
from aws.endpoint.protocol import service_model
from aws.endpoint.seed import add_instance, add_subnet, add_vpc
from aws.endpoint.serving import handler_of
from ec2_client import client, session
from serving import serving

KNOWN = Path(__file__).parents[1] / "data" / "traffic-mirror-model.json"
_SHARED = {"TagSpecificationList", "TagList", "FilterList"}
"""Not traffic mirroring's own: they grow with every other service."""


def operations() -> list[str]:
    return [name for name in service_model().operation_names if "TrafficMirror" in name]


def leaves(shape: Any, at: str = "") -> Iterator[str]:
    if shape.name in _SHARED:
        yield f"{at}: {shape.name}"
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from leaves(member, f"{at}.{name}")
    elif shape.type_name == "list":
        yield from leaves(shape.member, f"{at}[]")
    else:
        yield (
            f"{at}: {shape.type_name} {' '.join(shape.enum)}".rstrip()
            if shape.type_name == "string"
            else f"{at}: {shape.type_name}"
        )


def in_the_model() -> dict[str, list[str]]:
    return {
        name: [
            *(f"request{leaf}" for leaf in leaves(service_model().operation_model(name).input_shape)),
            *(f"reply{leaf}" for leaf in leaves(service_model().operation_model(name).output_shape)),
        ]
        for name in operations()
    }


def test_the_endpoint_knows_every_traffic_mirror_operation_of_the_model() -> None:
    assert len(operations()) == 15
    assert set(operations()) <= {*CHANGES, *LISTINGS}


def test_the_model_has_no_field_that_was_not_looked_at(request: pytest.FixtureRequest) -> None:
    """A newer botocore may bring fields: teach the endpoint and the plan, then `--rewrite-golden`."""
    if request.config.getoption("--rewrite-golden"):
        KNOWN.write_text(json.dumps(in_the_model(), indent=1) + "\n", "utf-8")
    assert json.loads(KNOWN.read_text("utf-8")) == in_the_model()


def test_every_request_and_reply_fits_the_model() -> None:
    """All fifteen, with every field of a request that may stand beside the others."""
    endpoint = Endpoint()
    subnet = add_subnet(endpoint.world, add_vpc(endpoint.world))
    (_, sensor), (_, source) = (add_instance(endpoint.world, subnet) for _ in range(2))
    ec2 = client(endpoint)
    replies: dict[str, Any] = {}

    def call(name: str, **asked: Any) -> Any:
        shape = service_model().operation_model(name)
        assert not ParamValidator().validate(asked, shape.input_shape).has_errors()
        reply = ec2._make_api_call(name, asked)
        replies[name] = reply
        bare = {key: value for key, value in reply.items() if key != "ResponseMetadata"}
        report = ParamValidator().validate(bare, shape.output_shape)
        assert not report.has_errors(), report.generate_report()
        assert bare, f"{name} says nothing"
        return bare

    def tags(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": f"traffic-mirror-{kind}", "Tags": [{"Key": "a", "Value": "b"}]}]

    target = call(
        "CreateTrafficMirrorTarget", NetworkInterfaceId=sensor, Description="d", TagSpecifications=tags("target")
    )["TrafficMirrorTarget"]["TrafficMirrorTargetId"]
    owner = call("CreateTrafficMirrorFilter", Description="d", TagSpecifications=tags("filter"))["TrafficMirrorFilter"][
        "TrafficMirrorFilterId"
    ]
    ports = {"FromPort": 1, "ToPort": 2}
    said = {"Protocol": 6, "SourcePortRange": ports, "DestinationPortRange": ports, "Description": "d"}
    said |= {"RuleNumber": 1, "RuleAction": "accept", "TrafficDirection": "egress"}
    said |= {"SourceCidrBlock": "10.0.0.0/8", "DestinationCidrBlock": "0.0.0.0/0"}
    rule = call(
        "CreateTrafficMirrorFilterRule",
        TrafficMirrorFilterId=owner,
        TagSpecifications=tags("filter-rule"),
        **said,
    )["TrafficMirrorFilterRule"]
    assert said.items() <= rule.items()
    rule_id = rule["TrafficMirrorFilterRuleId"]
    call("ModifyTrafficMirrorFilterRule", TrafficMirrorFilterRuleId=rule_id, RemoveFields=["description"], RuleNumber=3)
    call("ModifyTrafficMirrorFilterNetworkServices", TrafficMirrorFilterId=owner, AddNetworkServices=["amazon-dns"])
    given = {"PacketLength": 100, "SessionNumber": 7, "VirtualNetworkId": 9, "Description": "d"}
    made = call(
        "CreateTrafficMirrorSession",
        NetworkInterfaceId=source,
        TrafficMirrorTargetId=target,
        TrafficMirrorFilterId=owner,
        TagSpecifications=tags("session"),
        **given,
    )["TrafficMirrorSession"]
    assert given.items() <= made.items()
    assert made["Tags"] == [{"Key": "a", "Value": "b"}]
    identity = made["TrafficMirrorSessionId"]
    call("ModifyTrafficMirrorSession", TrafficMirrorSessionId=identity, RemoveFields=["description"])
    for kind in ("Target", "Filter", "FilterRule", "Session"):
        [found] = call(f"DescribeTrafficMirror{kind}s")[f"TrafficMirror{kind}s"]
        assert {"Key": "a", "Value": "b"} in found["Tags"]
    call("DeleteTrafficMirrorSession", TrafficMirrorSessionId=identity)
    call("DeleteTrafficMirrorFilterRule", TrafficMirrorFilterRuleId=rule_id)
    call("DeleteTrafficMirrorFilter", TrafficMirrorFilterId=owner)
    call("DeleteTrafficMirrorTarget", TrafficMirrorTargetId=target)
    assert set(replies) == set(operations())


def test_over_http_as_any_client_sees_it() -> None:
    endpoint = Endpoint()
    instance, _ = add_instance(endpoint.world, add_subnet(endpoint.world, add_vpc(endpoint.world)), {"Name": "é <&>"})
    with serving(handler_of(endpoint)) as url:
        ec2 = session().client("ec2", endpoint_url=url)
        [reservation] = ec2.describe_instances()["Reservations"]
        found: Any = reservation["Instances"][0]
        assert (found["InstanceId"], found["Tags"]) == (instance, [{"Key": "Name", "Value": "é <&>"}])
        ec2.close()
    assert endpoint.asked == ["DescribeInstances"]


def test_by_hand() -> None:
    """`python -m aws.endpoint` prints what to export, and answers."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}  # noqa: TID251
    with subprocess.Popen(
        [sys.executable, "-m", "aws.endpoint"], stdout=subprocess.PIPE, text=True, env=environment
    ) as served:
        try:
            assert served.stdout is not None
            words = served.stdout.readline().split()
            variables = dict(word.partition("=")[::2] for word in words[1:])
            sts: Any = boto3.Session("AKIATEST", "no-secret", region_name="us-east-1").client(
                "sts", endpoint_url=variables["AWS_ENDPOINT_URL_STS"]
            )
            assert sts.get_caller_identity()["Account"] == "123456789012"
            sts.close()
        finally:
            served.terminate()
