"""Things to mirror, put into a world: VPCs, subnets, instances with their interfaces; by hand or from a JSON file."""

import json
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from aws.endpoint.fault import Fault
from aws.endpoint.world import ENDPOINT, GROUP, INSTANCE, INTERFACE, SERVICE, SUBNET, VPC, Document, World, tags_key


def add_vpc(world: World, cidr: str = "10.0.0.0/16", identity: str = "") -> str:
    """A VPC; its id."""
    identity = identity or world.new_id(VPC)
    associated = [{"AssociationId": f"{identity}-1", "CidrBlock": cidr}]
    world.kinds[VPC][identity] = {
        "VpcId": identity,
        "CidrBlock": cidr,
        "CidrBlockAssociationSet": associated,
        "Tags": [],
    }
    return identity


def add_subnet(world: World, vpc: str, cidr: str = "10.0.0.0/20", zone: str = "a", *, only_ipv6: bool = False) -> str:
    """A subnet; its id."""
    identity = world.new_id(SUBNET)
    world.kinds[SUBNET][identity] = {
        "SubnetId": identity, "VpcId": vpc, "CidrBlock": cidr, "AvailabilityZone": f"{world.region}{zone}",
        "Ipv6Native": only_ipv6, "Tags": [],
    }  # fmt: skip
    return identity


def add_group(world: World, vpc: str, *, udp_4789_from: str = "") -> str:
    """A security group; its id. Lets the VXLAN port in from a network where one is given."""
    identity = world.new_id(GROUP)
    opened = {"IpProtocol": "udp", "FromPort": 4789, "ToPort": 4789, "IpRanges": [{"CidrIp": udp_4789_from}]}
    world.kinds[GROUP][identity] = {
        "GroupId": identity, "GroupName": identity, "VpcId": vpc, "IpPermissions": [opened] if udp_4789_from else [],
        "Tags": [],
    }  # fmt: skip
    return identity


def add_instance(
    world: World, subnet: str, tags: Mapping[str, str] | None = None, kind: str = "m5.large", group: str = ""
) -> tuple[str, str]:
    """A running instance with one interface; the ids of both."""
    instance, place = world.new_id(INSTANCE), world.kinds[SUBNET][subnet]
    own = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
    interface = add_interface(world, subnet, instance, group)
    address = world.kinds[INTERFACE][interface]["PrivateIpAddress"]
    world.kinds[INSTANCE][instance] = {
        "InstanceId": instance, "InstanceType": kind, "State": {"Code": 16, "Name": "running"}, "Tags": own,
        "VpcId": place["VpcId"], "SubnetId": subnet, "PrivateIpAddress": address, "Hypervisor": "xen",
        "Placement": {"AvailabilityZone": place["AvailabilityZone"]},
        "NetworkInterfaces": [{"NetworkInterfaceId": interface}],
    }  # fmt: skip
    return instance, interface


def add_interface(world: World, subnet: str, instance: str = "", group: str = "", kind: str = "interface") -> str:
    """A network interface; its id."""
    identity, place = world.new_id(INTERFACE), world.kinds[SUBNET][subnet]
    taken = world.addresses[subnet]
    world.addresses[subnet] += 1
    address = str(ip_network(place["CidrBlock"])[taken + 10])
    attachment: Document = (
        {"Attachment": {"InstanceId": instance, "DeviceIndex": 0, "Status": "attached"}} if instance else {}
    )
    world.kinds[INTERFACE][identity] = {
        "NetworkInterfaceId": identity, "VpcId": place["VpcId"], "SubnetId": subnet, "InterfaceType": kind,
        "AvailabilityZone": place["AvailabilityZone"], "OwnerId": world.account, "PrivateIpAddress": address,
        "PrivateIpAddresses": [{"Primary": True, "PrivateIpAddress": address}], "Status": "in-use",
        "Groups": [{"GroupId": group, "GroupName": group}] if group else [], tags_key(INTERFACE): [], **attachment,
    }  # fmt: skip
    return identity


def add_gateway_endpoint(world: World, vpc: str, balancer: str = "") -> str:
    """An endpoint of a gateway load balancer; its id. Without the balancer's ARN its service is another account's."""
    identity, service = world.new_id(ENDPOINT), world.new_id(SERVICE)
    name = f"com.amazonaws.vpce.{world.region}.{service}"
    world.kinds[ENDPOINT][identity] = {
        "VpcEndpointId": identity, "VpcEndpointType": "GatewayLoadBalancer", "VpcId": vpc, "ServiceName": name,
        "State": "available", "OwnerId": world.account, "Tags": [],
    }  # fmt: skip
    if balancer:
        world.kinds[SERVICE][service] = {
            "ServiceId": service, "ServiceName": name, "ServiceState": "Available", "Tags": [],
            "ServiceType": [{"ServiceType": "GatewayLoadBalancer"}], "GatewayLoadBalancerArns": [balancer],
        }  # fmt: skip
    return identity


def terminate(world: World, instance: str) -> None:
    """The instance is gone, its interfaces and their mirror sessions along with it."""
    del world.kinds[INSTANCE][instance]
    for interface in [*world.all(INTERFACE)]:
        if interface.get("Attachment", {}).get("InstanceId") == instance:
            world.delete_interface(interface["NetworkInterfaceId"])


def read_seed(world: World, path: Path) -> None:
    """Documents by kind and id from a JSON file, in the shape of the describe calls' replies. Raises Fault."""
    try:
        found: Any = json.loads(path.read_text("utf-8"))
        for kind, documents in found.items():
            world.kinds[kind].update(documents)
    except (OSError, ValueError, AttributeError, KeyError) as error:
        raise Fault(
            "Seed", f"{path}: {error!r}; it holds {{kind: {{id: document}}}}, kinds {', '.join(world.kinds)}"
        ) from error
