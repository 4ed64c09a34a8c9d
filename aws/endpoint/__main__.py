"""`python -m aws.endpoint`: the endpoint for a dry run by hand; prints the variables that lead clients to it."""

import argparse
import sys
from collections.abc import Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path

from aws.endpoint.answer import Endpoint
from aws.endpoint.fault import Fault
from aws.endpoint.seed import add_group, add_instance, add_subnet, add_vpc, read_seed
from aws.endpoint.serving import VARIABLES, handler_of
from aws.endpoint.world import World


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m aws.endpoint", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="on the loopback address; 0 takes a free one")
    parser.add_argument("--seed", type=Path, help="JSON file of what there is; without one a VPC with three instances")
    parser.add_argument("--throttle-every", type=int, default=0, help="refuse every so manieth request")
    parser.add_argument("--lose-every", type=int, default=0, help="lose the answer of every so manieth change")
    parser.add_argument("--stale-reads", type=int, default=0, help="how many reads do not see what is new")
    given = parser.parse_args(arguments)
    world = World()
    try:
        if given.seed:
            read_seed(world, given.seed)
        else:
            _furnish(world)
    except Fault as fault:
        parser.error(str(fault))
    trouble = world.trouble
    trouble.throttle_every, trouble.lose_every = given.throttle_every, given.lose_every
    trouble.stale_reads = given.stale_reads
    with ThreadingHTTPServer(("127.0.0.1", given.port), handler_of(Endpoint(world))) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        sys.stdout.write(f"export {' '.join(f'{name}={address}' for name in VARIABLES)}\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


def _furnish(world: World) -> None:
    vpc = add_vpc(world)
    subnet = add_subnet(world, vpc)
    add_instance(
        world, subnet, {"Name": "sensor", "role": "sensor"}, group=add_group(world, vpc, udp_4789_from="10.0.0.0/16")
    )
    for number in (1, 2):
        add_instance(world, subnet, {"Name": f"web-{number}", "role": "web"})


if __name__ == "__main__":
    sys.exit(main())
