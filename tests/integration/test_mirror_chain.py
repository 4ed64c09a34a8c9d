"""The whole chain without AWS: a finding, a session, its packets, an alert in OpenSearch that names both, the end."""

import json
import os
import socket
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.vxlan import VXLAN

from aws_server import client, moto
from findings import ID, finding
from integration.command import Shipper
from integration.containers import OpenSearchNode, wait_for
from integration.mirror_endpoint import served
from integration.mirrored_pipe import PATIENCE_SECONDS, sensing
from integration.running import Running
from mirror.inventory import read_inventory
from mirror_account import Account
from mirrored_traffic import conversations
from shipper.cli.main import run
from watcher_template import RESOURCES


def fed_by_events(url: str, event: dict[str, Any]) -> str:
    """A queue at moto with what EventBridge hands on of this event, and of another, by the template's rule; its URL."""
    sqs, events = client("sqs", url), client("events", url)
    bridged, queue = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("bridged", "findings"))
    arn = sqs.get_queue_attributes(QueueUrl=bridged, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="findings", EventPattern=json.dumps(RESOURCES["Rule"]["Properties"]["EventPattern"]))
    events.put_targets(Rule="findings", Targets=[{"Id": "findings", "Arn": arn}])
    entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
    events.put_events(Entries=[entry, entry | {"DetailType": "Another"}])
    (message,) = sqs.receive_message(QueueUrl=bridged, MaxNumberOfMessages=10)["Messages"]
    told = {"account": event["account"]} | json.loads(message["Body"])  # which moto leaves out
    sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(told))
    return str(queue)


def spoken(port: int, *vnis: int) -> None:
    """Packets of these sessions, on the loopback; a shipped rule alerts on each."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        for vni in vnis:
            for frame in conversations(f"/of/{vni}", f"vni-{vni}.example"):
                sending.sendto(bytes(VXLAN(vni=vni, flags=8) / frame), ("127.0.0.1", port))


def sources(shipper: Shipper, dataset: str) -> list[dict[str, Any]]:
    return [hit["_source"] for hit in shipper.documents(dataset=dataset)]


def by_vni(shipper: Shipper) -> dict[int, dict[str, Any]]:
    """Alerts, as hits."""
    return {hit["_source"]["flowtap"]["mirror"]["vni"]: hit for hit in shipper.documents(dataset="suricata.alert")}


@pytest.mark.slow
@pytest.mark.usefixtures("suricata_image")
def test_a_finding_leads_to_an_alert_that_names_it_and_its_session_ends(
    opensearch3: OpenSearchNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account()
    account.raw.create_traffic_mirror_target(NetworkInterfaceId=account.sensor)
    instance, eni = account.web[0]
    policy, inventory, journal = (tmp_path / name for name in ("guardduty.toml", "inventory.json", "findings.json"))
    policy.write_text("[[rules]]\nseverity = 7\nfor = '2h'\n", "utf-8")
    inventory.write_text('{"sessions": []}')
    settings = tmp_path / "shipper.toml"
    settings.write_text(
        f'[mirror]\ninventory = "{inventory}"\n[inputs.findings]\ntype = "eve"\npaths = ["{journal}"]\n'
        f'[inputs.eve]\ntype = "eve"\npaths = ["{tmp_path}/logs/eve.json"]\nvlan_is_vni = true\n'
    )
    with (
        served(account, monkeypatch.setenv),
        moto() as url,
        Shipper(opensearch3, f"flowtapg{os.getpid()}", tmp_path / "state").with_schema() as shipper,
        sensing(tmp_path) as sensor,
        Running(shipper, settings),
    ):
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", url)
        queue = fed_by_events(url, finding(instance, eni, datetime.now(UTC)))
        watch = ["mirror", "watch", str(policy), "--queue", queue, "--journal", str(journal), "--once", "--apply"]
        watch += ["--inventory", str(inventory)]
        assert run(watch) == 0
        (session,) = account.sessions()
        vni = session["VirtualNetworkId"]

        spoken(sensor.port, vni, vni ^ 1)
        wait_for(lambda: by_vni(shipper).keys() == {vni, vni ^ 1}, PATIENCE_SECONDS, sensor.eve.read_text)
        alerts = by_vni(shipper)
        of_finding = alerts[vni]["_source"]
        assert of_finding["url"]["original"] == f"/of/{vni}"
        assert of_finding["cloud"]["instance"]["id"] == instance
        whose = of_finding["flowtap"]["mirror"]
        assert (whose["session_id"], whose["eni"]) == (session["TrafficMirrorSessionId"], eni)
        assert f"flowtap:finding={ID}" in whose["tags"]
        assert alerts[vni ^ 1]["_source"]["flowtap"]["mirror"] == {"vni": vni ^ 1}, "nobody's by the inventory"

        account.world.clock = lambda: datetime.now(UTC) + timedelta(hours=1)
        assert run(watch) == 0
        assert account.sessions(), "its time is not over"
        account.world.clock = lambda: datetime.now(UTC) + timedelta(hours=3)
        assert run(watch) == 0
        assert account.sessions() == []
        (entry,) = read_inventory(inventory.read_text("utf-8"))
        assert entry.valid_to is not None
        wait_for(lambda: len(sources(shipper, "mirror.decision")) == 2, PATIENCE_SECONDS, journal.read_text)
        wait_for(lambda: bool(sources(shipper, "aws.guardduty")), PATIENCE_SECONDS, journal.read_text)
        decisions = {each["event"]["action"]: each for each in sources(shipper, "mirror.decision")}
        assert {name: each["flowtap"]["decision"]["finding"] for name, each in decisions.items()} == {
            "mirrored": ID,
            "expired": ID,
        }
        (told,) = sources(shipper, "aws.guardduty")
        assert (told["aws"]["guardduty"]["id"], told["aws"]["guardduty"]["instance"]) == (ID, [instance])
        assert sensor.end()["mirrored"] == 24

        shown = shipper("trace", alerts[vni]["_id"], "--json").json["timeline"]
        kinds = (entry["kind"] for entry in shown if entry["kind"] in {"GuardDuty", "mirroring", "alert"})
        assert [kind for kind, _ in groupby(kinds)] == ["GuardDuty", "mirroring", "alert", "mirroring"]
