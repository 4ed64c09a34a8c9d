"""Which route a packet takes that leaves an interface. A missing route drops silently: no flow log calls it refused.

Amazon VPC User Guide, "Configure route tables", "Route priority": the longest prefix that holds the address.
"""

from typing import Final

from shipper.access.network import Network
from shipper.access.shapes import Address, Interface, Range, Route

_DROPPED: Final = "what is sent there is dropped, and no flow log says so"


def route_text(network: Network, interface: Interface, destination: Address) -> str:
    """The way to an address in words; empty where the route tables are not known."""
    table = network.route_table(interface)
    if table is None:
        return ""
    fitting = [(block, route) for route in table.routes if (block := _block(network, route, destination))]
    if not fitting:
        return f"{table.route_table_id} has no route to {destination}: {_DROPPED}"
    block, best = max(fitting, key=lambda each: each[0].prefixlen)
    target = _target(best)
    if best.state == "blackhole":
        return f"{table.route_table_id}: {block} → {target} is a blackhole: {_DROPPED}"
    return f"{table.route_table_id}: {block} → {target}"


def _block(network: Network, route: Route, destination: Address) -> Range | None:
    """The smallest of this route's that holds the address; None where none does."""
    ranges: list[Range] = [each for each in (route.destination_cidr_block, route.destination_ipv6_cidr_block) if each]
    listed = network.prefix_list(route.destination_prefix_list_id)
    ranges += [entry.cidr for entry in (listed.entries if listed and listed.entries else ())]
    return max((each for each in ranges if destination in each), key=lambda each: each.prefixlen, default=None)


def _target(route: Route) -> str:
    ways = (
        route.gateway_id, route.nat_gateway_id, route.transit_gateway_id, route.vpc_peering_connection_id,
        route.network_interface_id, route.egress_only_internet_gateway_id, route.local_gateway_id,
        route.carrier_gateway_id, route.core_network_arn,
    )  # fmt: skip
    return next((way for way in ways if way), "?")
