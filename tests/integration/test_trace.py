"""`shipper trace`: exact on the made world, and its ways to choose and to tell."""

from base64 import b64encode
from pathlib import Path

import pytest

from integration.command import Shipper
from integration.trace_truth import judge, load
from trace_world import Made, World, world


@pytest.fixture(scope="module")
def joined(schema: Shipper, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shipper, World]:
    made = world(2)
    load(schema, made, tmp_path_factory.mktemp("world"))
    return schema, made


def of_scene(made: World, scene: str) -> Made:
    return next(one for one in made.made if one.scene == scene)


def test_what_it_joins_is_what_belongs_together(joined):
    shipper, made = joined
    judged = judge(shipper, made)
    assert not judged.wrong
    assert judged.precision == judged.recall == 1.0
    assert judged.connections == len(made.made)


def test_of_several_one_is_picked_and_without_a_terminal_they_are_listed(joined):
    shipper, made = joined
    one = of_scene(made, "equal networks")
    pair = f"{one.client[0]}:{one.client[1]}", f"{one.server[0]}:{one.server[1]}"
    asked = shipper("trace", *pair, code=3)
    assert "2 connections fit" in asked.err
    assert "--pick NUMBER" in asked.err
    choices = shipper("trace", *pair, "--json", code=3).json["choices"]
    assert [choice["pick"] for choice in choices] == [1, 2]
    for choice in choices:
        found = shipper("trace", *pair, "--pick", choice["pick"], "--json").json
        assert (found["network"], found["ids"]) == (choice["network"], choice["ids"])


def test_an_alert_leads_to_its_connection_and_its_session(joined):
    shipper, _ = joined
    alert = shipper.search({"size": 1}, "suricata.alert")["hits"]["hits"][0]
    mirror = alert["_source"]["flowtap"]["mirror"]
    told = shipper("trace", alert["_id"]).out
    assert f"VNI {mirror['vni']}, session {mirror['session_id']}, interface {mirror['eni']}" in told
    assert "made (sid 9, rev 1)" in told
    assert "counted once" in told or "flow logs" in told


def test_what_was_refused_says_why_nobody_saw_it(joined):
    shipper, made = joined
    told = shipper("trace", of_scene(made, "refused").community_id).out
    assert "refused traffic is never mirrored" in told


def test_nothing_found_is_said(joined):
    shipper, _ = joined
    assert "nothing of 198.51.100.250 is stored" in shipper("trace", "198.51.100.250", code=3).err


def test_packets_of_alerts_become_a_capture(joined, tmp_path: Path):
    shipper, _ = joined
    frame = bytes(12) + b"\x08\x00" + bytes(40)
    line = (
        '{"timestamp":"2026-11-19T06:00:00.250000+0000","event_type":"alert","flow_id":5,"src_ip":"192.0.2.77",'
        '"src_port":1,"dest_ip":"192.0.2.78","dest_port":2,"proto":"TCP","alert":{"signature_id":1,"signature":"x",'
        f'"severity":1}},"packet":"{b64encode(frame).decode()}","packet_info":{{"linktype":1}},'
        '"payload_printable":"hello\\u001b"}\n'
    )
    shipper("backfill", "eve", "-", stdin=line.encode())
    shipper.search({})  # it is searchable
    out = tmp_path / "out.pcap"
    told = shipper("trace", "192.0.2.77", "--payload", "--pcap", out)
    assert "| hello\\x1b" in told.out
    assert out.read_bytes().endswith(frame)
    assert "1 packets in" in told.err
