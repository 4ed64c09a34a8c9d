"""Traffic mirror sessions, as AWS documents them. Rules: `aws.mirror_rules`."""

from collections.abc import Mapping
from typing import Any

from aws.endpoint.fault import Fault, broken
from aws.endpoint.tagging import asked_tags
from aws.endpoint.world import FILTER, INSTANCE, INTERFACE, SESSION, TARGET, Document, World
from aws.mirror_rules import PACKET_LENGTHS, SESSION_NUMBERS

_FIELDS = {"packet-length": "PacketLength", "description": "Description", "virtual-network-id": "VirtualNetworkId"}
_GIVEN = (
    "PacketLength",
    "SessionNumber",
    "VirtualNetworkId",
    "Description",
    "TrafficMirrorFilterId",
    "TrafficMirrorTargetId",
)


def create_session(world: World, asked: Mapping[str, Any]) -> Document:
    """CreateTrafficMirrorSession."""
    interface = world.get(INTERFACE, asked["NetworkInterfaceId"])
    if interface.get("InterfaceType", "interface") != "interface":
        raise broken("InvalidParameterValue", "source-type", interface["NetworkInterfaceId"])
    if any(target.get("NetworkInterfaceId") == interface["NetworkInterfaceId"] for target in world.all(TARGET)):
        raise broken("InvalidParameterValue", "not-both", interface["NetworkInterfaceId"])
    own = [each for each in world.all(SESSION) if each["NetworkInterfaceId"] == interface["NetworkInterfaceId"]]
    if len(own) >= world.limits.sessions_per_interface:
        raise broken("TrafficMirrorSessionsPerInterfaceLimitExceeded", "sessions-per-interface")
    if len(world.kinds[SESSION]) >= world.limits.sessions:
        raise broken("TrafficMirrorSessionLimitExceeded", "sessions")
    made = {"NetworkInterfaceId": interface["NetworkInterfaceId"], "OwnerId": world.account}
    made |= {name: asked[name] for name in _GIVEN if name in asked}
    _check(world, made, "")
    tags = asked_tags(asked, SESSION)
    identity = world.new_id(SESSION)
    made = {"TrafficMirrorSessionId": identity, **_filled(world, made), "Tags": tags}
    world.add(SESSION, identity, made)
    return {"TrafficMirrorSession": made}


def modify_session(world: World, asked: Mapping[str, Any]) -> Document:
    """ModifyTrafficMirrorSession: what is named changes, RemoveFields take away (a VNI becomes another one)."""
    identity = asked["TrafficMirrorSessionId"]
    document = world.get(SESSION, identity)
    removed = asked.get("RemoveFields", ())
    if strange := set(removed) - _FIELDS.keys():
        raise Fault("InvalidParameterValue", f"RemoveFields: {min(strange)}")
    gone = {_FIELDS[name] for name in removed}
    new = {name: value for name, value in document.items() if name not in gone}
    new |= {name: asked[name] for name in _GIVEN if name in asked}
    _check(world, new, identity)
    new = _filled(world, new)
    document.clear()
    document.update(new)
    return {"TrafficMirrorSession": document}


def delete_session(world: World, asked: Mapping[str, Any]) -> Document:
    """DeleteTrafficMirrorSession."""
    identity = asked["TrafficMirrorSessionId"]
    world.get(SESSION, identity)
    world.remove(SESSION, identity)
    return {"TrafficMirrorSessionId": identity}


def _filled(world: World, session: Document) -> Document:
    """What AWS chooses where nothing is said: a VNI, and 8500 bytes for load balancers."""
    balanced = world.kinds[TARGET][session["TrafficMirrorTargetId"]]["Type"] == "network-load-balancer"
    chosen = {"PacketLength": 8500} if balanced and "PacketLength" not in session else {}
    chosen |= {"VirtualNetworkId": world.vni()} if "VirtualNetworkId" not in session else {}
    return session | chosen


def _check(world: World, session: Mapping[str, Any], own: str) -> None:
    target = world.get(TARGET, session["TrafficMirrorTargetId"])
    world.get(FILTER, session["TrafficMirrorFilterId"])
    if session["SessionNumber"] not in SESSION_NUMBERS:
        raise broken("InvalidParameterValue", "session-number", f"SessionNumber {session['SessionNumber']}")
    if session.get("PacketLength", 1) not in PACKET_LENGTHS:
        raise broken("InvalidParameterValue", "packet-length", f"PacketLength {session['PacketLength']}")
    if not 0 <= session.get("VirtualNetworkId", 0) < 1 << 24:
        raise broken("InvalidParameterValue", "vni", f"VirtualNetworkId {session['VirtualNetworkId']}")
    others = [each for each in world.all(SESSION) if each["TrafficMirrorSessionId"] != own]
    for other in others:
        same = other["NetworkInterfaceId"] == session["NetworkInterfaceId"]
        if same and other["SessionNumber"] == session["SessionNumber"]:
            raise broken("InvalidParameterValue", "session-number-once", f"SessionNumber {session['SessionNumber']}")
        if other["VirtualNetworkId"] == session.get("VirtualNetworkId"):
            raise broken("InvalidParameterValue", "vni-once", f"VirtualNetworkId {other['VirtualNetworkId']}")
    _check_sources(world, target, {session["NetworkInterfaceId"]}, others)


def _check_sources(world: World, target: Document, sources: set[str], others: list[Document]) -> None:
    if target["Type"] != "network-interface":
        return
    identity = target["TrafficMirrorTargetId"]
    sources |= {other["NetworkInterfaceId"] for other in others if other["TrafficMirrorTargetId"] == identity}
    interface = world.kinds[INTERFACE].get(target["NetworkInterfaceId"], {})
    instance = world.kinds[INSTANCE].get(interface.get("Attachment", {}).get("InstanceId", ""), {})
    large = instance.get("InstanceType") in world.large_instance_types
    most = world.limits.sources_per_large_target if large else world.limits.sources_per_target
    if len(sources) > most:
        raise broken("TrafficMirrorSourcesPerTargetLimitExceeded", "sources-per-target", identity)
