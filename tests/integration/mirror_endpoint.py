"""An account at the EC2 endpoint over HTTP, an environment that leads there, and what moto has beside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aws.endpoint.serving import VARIABLES, handler_of
from aws_server import CREDENTIALS, client
from mirror_account import Account
from serving import serving


@contextmanager
def served(account: Account, set_variable: Callable[[str, str], object]) -> Iterator[None]:
    """Served until left; `set_variable` is told the variables."""
    with serving(handler_of(account.endpoint)) as url:
        for name, value in {**CREDENTIALS, **dict.fromkeys(VARIABLES, url)}.items():
            set_variable(name, value)
        yield


def balancer(url: str, address: str) -> str:
    """A network load balancer at moto with this address behind it; its ARN."""
    elb, ec2 = client("elbv2", url), client("ec2", url)
    subnet = ec2.describe_subnets()["Subnets"][0]
    made = elb.create_load_balancer(Name="sensors", Type="network", Subnets=[subnet["SubnetId"]])["LoadBalancers"][0]
    arn: str = made["LoadBalancerArn"]
    group = elb.create_target_group(
        Name="sensors", Protocol="UDP", Port=4789, VpcId=subnet["VpcId"], TargetType="ip",
        HealthCheckProtocol="TCP", HealthCheckPort="9465",
    )["TargetGroups"][0]["TargetGroupArn"]  # fmt: skip
    elb.create_listener(
        LoadBalancerArn=arn, Protocol="UDP", Port=4789, DefaultActions=[{"Type": "forward", "TargetGroupArn": group}]
    )
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": address, "Port": 4789}])
    return arn
