"""What is written of findings and decisions becomes documents: every key has its leaf, nothing is put aside."""

import json
from datetime import timedelta
from typing import Any

import communityid

import eve_samples
from findings import ID, connection, finding, sequence, text
from flow_log_samples import chunk
from mirror.response.decision import Decision
from mirror.response.finding import read_finding
from mirror.response.telling import decision_line, finding_line, shown
from mirror_account import NOW

INSTANCE, ENI = "i-0a1b2c3d4e5f60718", "eni-0a1b2c3d4e5f60718"
DECISION = Decision(
    "mirrored", "finding", "everything until 13:00", ID, f"{ID}@{NOW}", "Backdoor:EC2/X", 8.0,
    "123456789012", "us-east-1", ENI, INSTANCE, "vpc-0a", "tms-0a", "tmt-0a", "everything", NOW,
    NOW + timedelta(hours=1), new=True, message="x",
)  # fmt: skip


def document(line: str) -> dict[str, Any]:
    batch = eve_samples.decoder().decode(chunk(line.encode(), "watch.json"))
    assert not batch.rejects
    (_, found) = batch.body.splitlines()
    told: dict[str, Any] = json.loads(found)
    assert "unknown" not in told["suricata"]["eve"]
    assert "malformed" not in told["flowtap"]
    return told


def test_a_decision_with_everything() -> None:
    found = document(decision_line(DECISION, NOW))
    assert (found["event"]["dataset"], found["event"]["action"]) == ("mirror.decision", "mirrored")
    assert (found["event"]["reason"], found["cloud"]["instance"]["id"]) == ("everything until 13:00", INSTANCE)
    assert found["flowtap"]["mirror"] == {"eni": ENI, "vpc_id": "vpc-0a", "session_id": "tms-0a"}
    assert found["flowtap"]["decision"]["finding"] == ID
    assert found["flowtap"]["decision"]["dry_run"] is False
    assert "message" not in shown(DECISION)


def test_a_finding_is_told_with_its_connection() -> None:
    event = finding(INSTANCE, ENI, service=connection("10.0.0.10", "192.0.2.1", "INBOUND"))
    found = document(finding_line(read_finding(text(event))))
    assert (found["event"]["dataset"], found["@timestamp"][:19]) == ("aws.guardduty", "2026-11-21T12:00:00")
    assert (found["source"]["ip"], found["destination"]["port"]) == ("192.0.2.1", 443)
    joined = communityid.CommunityID().calc(communityid.FlowTuple.make_tcp("10.0.0.10", "192.0.2.1", 443, 40000))
    assert found["network"]["community_id"] == joined, "so it stands beside flow logs and Suricata's events"
    assert found["aws"]["guardduty"]["eni"] == [ENI]
    assert json.loads(found["aws"]["guardduty"]["finding"]) == event["detail"]


def test_other_shapes_of_findings_fit_too() -> None:
    for event in (finding(INSTANCE, ENI), sequence(INSTANCE, ENI), finding("i-99999999", ENI, severity=0)):
        assert document(finding_line(read_finding(text(event))))["cloud"]["account"]["id"] == "123456789012"


def test_what_of_a_finding_has_another_type_costs_no_finding() -> None:
    event = finding(INSTANCE, ENI, title=["a"], service={"count": "many", "eventFirstSeen": 7})
    line = finding_line(read_finding(text(event)))
    batch = eve_samples.decoder().decode(chunk(line.encode(), "watch.json"))
    assert (batch.rejects, len(batch.ordinals)) == ((), 1)


def test_one_finding_is_one_line_however_often_it_comes() -> None:
    event = finding(INSTANCE, ENI)
    assert finding_line(read_finding(text(event))) == finding_line(read_finding(json.dumps(event, indent=1)))
