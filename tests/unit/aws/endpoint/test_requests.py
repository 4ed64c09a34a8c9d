"""What all calls of the endpoint share: pages, filters, tags, dry runs, and what goes wrong on purpose."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws.endpoint.answer import Endpoint
from aws.endpoint.seed import add_instance, add_subnet, add_vpc
from aws.endpoint.world import World
from ec2_client import client


def cloud(**world: Any) -> tuple[Endpoint, Any]:
    endpoint = Endpoint(World(**world))
    return endpoint, client(endpoint)


def tagged(**tags: str) -> list[dict[str, Any]]:
    return [
        {
            "ResourceType": "traffic-mirror-filter",
            "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        }
    ]


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_pages_hold_each_once() -> None:
    _, ec2 = cloud(page=7)
    made = {ec2.create_traffic_mirror_filter()["TrafficMirrorFilter"]["TrafficMirrorFilterId"] for _ in range(20)}
    for asked, pages in (({}, 3), ({"MaxResults": 5}, 4)):
        found, token, count = [], {}, 0
        while token is not None:
            count += 1
            page = ec2.describe_traffic_mirror_filters(**asked, **token)
            found += [each["TrafficMirrorFilterId"] for each in page["TrafficMirrorFilters"]]
            token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
        assert (count, sorted(found)) == (pages, sorted(made))
    with pytest.raises(ClientError) as refused:
        ec2.describe_traffic_mirror_filters(MaxResults=1001)
    assert code(refused) == "InvalidParameterValue"


def test_filters_match_by_pattern_and_unknown_ones_are_refused() -> None:
    endpoint, ec2 = cloud()
    subnet = add_subnet(endpoint.world, add_vpc(endpoint.world))
    web, _ = add_instance(endpoint.world, subnet, {"role": "web"})
    _, database = add_instance(endpoint.world, subnet, {"role": "db"})

    def instances(name: str, *values: str) -> list[str]:
        found = ec2.describe_instances(Filters=[{"Name": name, "Values": [*values]}])["Reservations"]
        return [each["InstanceId"] for reservation in found for each in reservation["Instances"]]

    assert instances("tag:role", "w?b") == [web]
    assert len(instances("tag-key", "role")) == 2
    assert instances("tag:role", "none") == []
    [found] = ec2.describe_network_interfaces(NetworkInterfaceIds=[database])["NetworkInterfaces"]
    assert found["NetworkInterfaceId"] == database
    with pytest.raises(ClientError) as refused:
        ec2.describe_traffic_mirror_sessions(Filters=[{"Name": "tag:role", "Values": ["web"]}])
    assert code(refused) == "InvalidParameterValue"
    with pytest.raises(ClientError) as absent:
        ec2.describe_traffic_mirror_sessions(TrafficMirrorSessionIds=["tms-0"])
    assert code(absent) == "InvalidTrafficMirrorSessionId.NotFound"


def test_tags_come_with_what_is_made_are_added_and_taken() -> None:
    _, ec2 = cloud()
    made = ec2.create_traffic_mirror_filter(TagSpecifications=tagged(a="1", b="<&>"))["TrafficMirrorFilter"]
    assert made["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "<&>"}]
    identity = made["TrafficMirrorFilterId"]
    ec2.create_tags(Resources=[identity], Tags=[{"Key": "a", "Value": "2"}, {"Key": "c", "Value": ""}])
    ec2.delete_tags(Resources=[identity], Tags=[{"Key": "b"}, {"Key": "a", "Value": "another"}])
    [found] = ec2.describe_traffic_mirror_filters()["TrafficMirrorFilters"]
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"a": "2", "c": ""}
    wrong = [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "1"}]}]
    for asked in (wrong, tagged(**{"aws:x": "1"}), tagged(a="x" * 257)):
        with pytest.raises(ClientError) as refused:
            ec2.create_traffic_mirror_filter(TagSpecifications=asked)
        assert code(refused) == "InvalidParameterValue"


def test_a_dry_run_changes_nothing() -> None:
    endpoint, ec2 = cloud()
    with pytest.raises(ClientError) as told:
        ec2.create_traffic_mirror_filter(DryRun=True)
    assert code(told) == "DryRunOperation"
    assert not endpoint.world.kinds["traffic-mirror-filter"]


def test_throttled_once_in_three() -> None:
    endpoint, ec2 = cloud()
    endpoint.world.trouble.throttle_every = 3
    outcomes = []
    for _ in range(6):
        try:
            ec2.describe_vpcs()
            outcomes.append("")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["", "", "RequestLimitExceeded"] * 2


def test_an_answer_is_lost_and_the_change_is_made() -> None:
    endpoint, ec2 = cloud()
    endpoint.world.trouble.lose_every = 1
    with pytest.raises(ClientError) as lost:
        ec2.create_traffic_mirror_filter(ClientToken="once")
    assert lost.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    endpoint.world.trouble.lose_every = 0
    ec2.create_traffic_mirror_filter(ClientToken="once")
    assert len(endpoint.world.kinds["traffic-mirror-filter"]) == 1


def test_reads_are_of_yesterday() -> None:
    endpoint, ec2 = cloud()
    endpoint.world.trouble.stale_reads = 2
    identity = ec2.create_traffic_mirror_filter()["TrafficMirrorFilter"]["TrafficMirrorFilterId"]

    def seen() -> int:
        return len(ec2.describe_traffic_mirror_filters()["TrafficMirrorFilters"])

    assert [seen() for _ in range(4)] == [0, 0, 1, 1]
    ec2.delete_traffic_mirror_filter(TrafficMirrorFilterId=identity)
    assert [seen() for _ in range(4)] == [1, 1, 0, 0]


def test_a_refused_operation_and_one_that_is_not_there() -> None:
    endpoint, ec2 = cloud()
    endpoint.world.trouble.refused["DescribeVpcs"] = "UnauthorizedOperation"
    with pytest.raises(ClientError) as refused:
        ec2.describe_vpcs()
    assert code(refused) == "UnauthorizedOperation"
    with pytest.raises(ClientError) as unknown:
        ec2.describe_images()
    assert code(unknown) == "InvalidAction"
