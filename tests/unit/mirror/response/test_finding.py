"""Findings as EventBridge hands them on: what is read of them, and that nothing in them is believed."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from findings import ACCOUNT, ID, TYPE, connection, finding, sequence, text
from mirror.errors import BadFinding
from mirror.response.finding import read_finding
from mirror_account import NOW

INSTANCE, ENI, OTHER = "i-0a1b2c3d4e5f60718", "eni-0a1b2c3d4e5f60718", "eni-0000000000000000f"
Event = dict[str, Any]


def two_interfaces(**more: Any) -> Event:
    found = finding(INSTANCE, ENI, **more)
    listed = found["detail"]["resource"]["instanceDetails"]["networkInterfaces"]
    listed.append({**listed[0], "networkInterfaceId": OTHER, "privateIpAddress": "10.0.0.11", "privateIpAddresses": []})
    return found


def test_what_is_read() -> None:
    found = read_finding(text(finding(INSTANCE, ENI)))
    assert (found.id, found.type, found.severity, found.account, found.sender) == (ID, TYPE, 8.0, ACCOUNT, ACCOUNT)
    assert (found.told_at, found.updated_at, found.role) == (NOW, NOW, "TARGET")
    assert (found.instances, found.interfaces, found.sample, found.archived) == ((INSTANCE,), (ENI,), False, False)
    assert found.version == f"{ID}@{NOW.isoformat()}"


@pytest.mark.parametrize(
    "service", [connection("10.0.0.11", "192.0.2.1"), connection("10.9.9.9", "192.0.2.1", eni=OTHER)]
)
def test_of_several_interfaces_the_one_at_the_action_is_meant(service: Event) -> None:
    assert read_finding(text(two_interfaces(service=service))).interfaces == (OTHER,)


def test_without_a_hint_all_of_them_are_meant() -> None:
    assert read_finding(text(two_interfaces())).interfaces == (ENI, OTHER)


@pytest.mark.parametrize("direction", ["OUTBOUND", "INBOUND"])
def test_a_connection_is_told_from_who_began(direction: str) -> None:
    found = read_finding(text(finding(INSTANCE, ENI, service=connection("10.0.0.10", "192.0.2.1", direction))))
    ends = [
        ("10.0.0.10", 40000 if direction == "OUTBOUND" else 443),
        ("192.0.2.1", 443 if direction == "OUTBOUND" else 40000),
    ]
    source, destination = ends if direction == "OUTBOUND" else reversed(ends)
    assert found.connection == (*source, *destination, "TCP")


def test_an_attack_sequence_names_its_instances_by_arn() -> None:
    found = read_finding(text(sequence(INSTANCE, ENI)))
    assert (found.instances, found.interfaces) == ((INSTANCE,), (ENI,))


@pytest.mark.parametrize(
    "event",
    [
        finding(INSTANCE, ENI, service={"additionalInfo": {"sample": True}}),
        finding(INSTANCE, ENI, title="[SAMPLE] something"),
        finding("i-99999999", ENI),
    ],
)  # fmt: skip
def test_a_sample_is_known_by_each_of_its_marks(event: Event) -> None:
    assert read_finding(text(event)).sample


def changed(change: Callable[[Event], object]) -> str:
    found = finding(INSTANCE, ENI)
    change(found)
    return text(found)


def of_instance(**more: Any) -> str:
    return changed(lambda each: each["detail"]["resource"]["instanceDetails"].update(more))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no JSON object"),
        (changed(lambda each: each.update(source="me")), "source and detail-type"),
        (changed(lambda each: each.update({"detail-type": "GuardDuty Health"})), "source and detail-type"),
        (changed(lambda each: each.update(detail=None)), "id cannot be"),
        (changed(lambda each: each.update(detail=[])), "detail is no object"),
        (changed(lambda each: each.update(account="1")), "account cannot be '1'"),
        (changed(lambda each: each.update(time="soon")), "time is no time: 'soon'"),
        (changed(lambda each: each["detail"].update(id="../x")), "id cannot be '../x'"),
        (changed(lambda each: each["detail"].update(region="us-east-1;")), "region cannot be"),
        (changed(lambda each: each["detail"].update(severity=True)), "severity cannot be 'True'"),
        (changed(lambda each: each["detail"].update(severity=11)), "severity cannot be '11'"),
        (changed(lambda each: each["detail"].update(type="x\n")), "type cannot be"),
        (of_instance(instanceId="i-1; rm"), "no instance"),
        (of_instance(networkInterfaces="all"), "no list"),
        (of_instance(networkInterfaces=[{"networkInterfaceId": "eni-*"}]), "no network interface can be 'eni-\\*'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_reason(body: str, says: str) -> None:
    with pytest.raises(BadFinding, match=says):
        read_finding(body)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
), max_leaves=8)  # fmt: skip


@given(st.data())
def test_whatever_stands_anywhere_it_is_a_finding_or_refused(data: st.DataObject) -> None:
    event = two_interfaces(service=connection("10.0.0.11", "192.0.2.1"))
    node: Any = event
    while True:
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if not node[key] or not isinstance(node[key], dict | list) or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(JSON)
    with suppress(BadFinding):
        read_finding(json.dumps(event))


CONNECTED = finding(INSTANCE, ENI, service=connection("10.0.0.1", "192.0.2.1"))


@pytest.mark.parametrize("event", [finding(INSTANCE, ENI), sequence(INSTANCE, ENI), CONNECTED])
def test_the_samples_have_the_shape_of_amazons_own_model(event: Event) -> None:
    shape = botocore.session.Session().get_service_model("guardduty").shape_for("Finding")
    assert [*strange(event["detail"], shape, "detail")] == []


TYPES = {"string": (str,), "boolean": (bool,), "integer": (int,), "double": (int, float)}


def strange(value: Any, shape: Any, path: str) -> Any:
    """What the model does not have, in the spelling of events; what is null is not there."""
    if shape.type_name == "structure":
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for key, each in (value or {}).items():
            if key in known:
                yield from strange(each, known[key], f"{path}.{key}")
            elif not path.endswith("additionalInfo"):  # open by its page
                yield f"{path}.{key}"
    elif shape.type_name == "list":
        for each in value:
            yield from strange(each, shape.member, path)
    elif type(value) not in TYPES[shape.type_name]:
        yield path
