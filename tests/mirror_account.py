"""An account at the EC2 endpoint with a sensor and web servers, and a desired-state file about them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from aws.ec2 import Ec2
from aws.endpoint.answer import Endpoint
from aws.endpoint.seed import add_group, add_instance, add_subnet, add_vpc
from aws.endpoint.world import FILTER, RULE, SESSION, TARGET, World
from ec2_client import client
from mirror.managed.apply import Outcome, apply
from mirror.managed.desired import Desired, read_desired
from mirror.managed.look import Look, look

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/sensors/0a1b"
FILE = """
plan = "prod"
[targets.sensors]
load_balancer = "{balancer}"
[filters.all]
preset = "everything"
amazon_dns = true
[sessions.web]
targets = ["sensors"]
filter = "all"
select = {{ tags = {{ role = "web" }} }}
"""


class Account:
    """`web` instances are what the file selects; waiting takes no time and is noted."""

    def __init__(self, web: int = 3, **world: Any) -> None:
        self.endpoint = Endpoint(World(**world))
        self.world = self.endpoint.world
        self.vpc = add_vpc(self.world)
        self.subnet = add_subnet(self.world, self.vpc)
        self.group = add_group(self.world, self.vpc, udp_4789_from="10.0.0.0/16")
        self.sensor_instance, self.sensor = add_instance(self.world, self.subnet, {"role": "sensor"}, group=self.group)
        self.web = [self.add_web() for _ in range(web)]
        self.raw = client(self.endpoint)
        self.waited: list[float] = []
        self.ec2 = self.client()

    def add_web(self, **more: Any) -> tuple[str, str]:
        return add_instance(self.world, self.subnet, {"role": "web"}, **more)

    def client(self) -> Ec2:
        sts = client(self.endpoint, "sts")
        return Ec2(self.raw, sts, "us-east-1", wait=self.waited.append, jitter=lambda: 1.0)

    def wishes(self, change: Callable[[str], str] = str) -> Desired:
        return read_desired(change(FILE.format(balancer=BALANCER)))

    def look(self, desired: Desired | None = None, now: datetime = NOW, expires: datetime | None = None) -> Look:
        return look(self.ec2, desired or self.wishes(), now, expires)

    def apply(self, desired: Desired | None = None, now: datetime = NOW, expires: datetime | None = None) -> Outcome:
        return apply(self.ec2, self.look(desired, now, expires).plan)

    def counts(self) -> tuple[int, int, int, int]:
        """Targets, filters, rules, sessions that there really are."""
        targets, filters, rules, sessions = (len(self.world.kinds[kind]) for kind in (TARGET, FILTER, RULE, SESSION))
        return targets, filters, rules, sessions

    def sessions(self) -> list[Any]:
        return [*self.world.all(SESSION)]
