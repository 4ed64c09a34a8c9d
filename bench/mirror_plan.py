"""Planning 10,000 mirror sessions at the EC2 endpoint: the time that is ours, and requests against the pages needed.

    .venv/bin/python bench/mirror_plan.py
    .venv/bin/python bench/mirror_plan.py --sessions 1000   # short

Standard output: a line of details, then a last line with `sessions, plan_seconds, api_calls`; `plan_seconds` is without
the time in requests, of the slower of a plan that makes everything and one that finds it made. Exit code 1 beyond ten
seconds, or where requests are more than a tenth above the pages.
"""

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from _bench import tell

from aws.ec2 import PAGE, Ec2
from aws.endpoint.answer import Endpoint
from aws.endpoint.seed import add_instance, add_subnet, add_vpc
from aws.endpoint.world import SESSION, World
from aws.mirror_rules import Limits
from ec2_client import client
from mirror.managed.desired import read_desired
from mirror.managed.look import Look, look

_FILE = """
plan = "bench"
[targets.sensors]
load_balancer = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/net/sensors/0a1b"
[filters.all]
preset = "everything"
[sessions.web]
targets = ["sensors"]
filter = "all"
select = { tags = { role = "web" } }
"""


class Timed(Ec2):
    """Notes the time in requests."""

    api_seconds = 0.0

    def _once(self, *given: Any) -> Any:
        begin = monotonic()
        try:
            return super()._once(*given)
        finally:
            self.api_seconds += monotonic() - begin


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="Planning many mirror sessions.")
    parser.add_argument("--sessions", type=int, default=10_000, help="[default: 10000]")
    count = parser.parse_args().sessions
    endpoint = Endpoint(World(limits=replace(Limits(), sessions=count + 1)))
    subnet = add_subnet(endpoint.world, add_vpc(endpoint.world, "10.0.0.0/8"), "10.0.0.0/8")
    enis = [add_instance(endpoint.world, subnet, {"role": "web"})[1] for _ in range(count)]
    fresh, fresh_seconds, _ = _planned(endpoint)
    _made(endpoint, fresh)
    again, again_seconds, calls = _planned(endpoint)
    full = -(-count // PAGE)
    pages = 4 + 3 * full  # identity, targets, filters, subnets; sessions, instances, interfaces
    told = {"making": len(fresh.plan.steps), "seconds": round(fresh_seconds, 2), "pages": pages}
    tell(told)
    slowest = round(max(fresh_seconds, again_seconds), 2)
    tell({"sessions": again.plan.sessions, "plan_seconds": slowest, "api_calls": calls})
    right = len(fresh.plan.steps) >= len(enis) and not again.plan.steps and again.plan.sessions == count
    return 0 if right and slowest < 10 and calls <= pages * 1.1 else 1


def _planned(endpoint: Endpoint) -> tuple[Look, float, int]:
    ec2 = Timed(client(endpoint), client(endpoint, "sts"), "us-east-1")
    begin = monotonic()
    looked = look(ec2, read_desired(_FILE), datetime.now(UTC))
    return looked, monotonic() - begin - ec2.api_seconds, ec2.calls


def _made(endpoint: Endpoint, looked: Look) -> None:
    """Put what the plan makes into the world: targets and filters as they are made, sessions without their checks."""
    from mirror.managed.apply import apply  # noqa: PLC0415

    ec2 = Ec2(client(endpoint), client(endpoint, "sts"), "us-east-1")
    first = [step for step in looked.plan.steps if step.kind != "session"]
    apply(ec2, replace(looked.plan, steps=tuple(first)))
    [target] = endpoint.world.kinds["traffic-mirror-target"]
    [filter_] = endpoint.world.kinds["traffic-mirror-filter"]
    for vni, step in enumerate(looked.plan.steps[len(first) :], 1):
        identity = endpoint.world.new_id(SESSION)
        asked = {key: value for key, value in step.asked.items() if key != "TagSpecifications"}
        endpoint.world.kinds[SESSION][identity] = asked | {
            "TrafficMirrorSessionId": identity,
            "TrafficMirrorTargetId": target,
            "TrafficMirrorFilterId": filter_,
            "VirtualNetworkId": vni,
            "PacketLength": 8500,
            "OwnerId": endpoint.world.account,
            "Tags": step.asked["TagSpecifications"][0]["Tags"],
        }


if __name__ == "__main__":
    raise SystemExit(main())
