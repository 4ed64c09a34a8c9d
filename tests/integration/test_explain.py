"""`shipper explain` against moto's EC2: rules read by the API, and from a snapshot. It needs no store."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aws_server import client
from shipper.cli.main import run

AWAY = "198.51.100.7"
ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class Vpc:
    """One interface in a VPC of moto's, with two groups and a network ACL that lets everything through."""

    ec2: Any
    url: str
    id: str
    subnet: str
    acl: str
    first: str
    second: str
    eni: str
    address: str
    ipv6: str
    told: pytest.CaptureFixture[str]

    def allow(self, group: str, **permission: Any) -> None:
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])

    def acl_rule(self, number: int, action: str, *, egress: bool, first: int, last: int, block: str = ANYWHERE) -> None:
        self.ec2.create_network_acl_entry(
            NetworkAclId=self.acl, RuleNumber=number, Protocol="6", RuleAction=action, Egress=egress,
            PortRange={"From": first, "To": last}, **{"Ipv6CidrBlock" if ":" in block else "CidrBlock": block},
        )  # fmt: skip

    def explain(self, *arguments: object, code: int = 0) -> Any:
        ended = run(["explain", *map(str, arguments)])
        told = self.told.readouterr()
        assert ended == code, told.err
        return json.loads(told.out)

    def request(self, port: int, *, action: str = "ACCEPT", source: str = AWAY, target: str = "") -> str:
        return self.line(source, target or self.address, 40_000, port, action)

    def line(self, source: str, target: str, source_port: int, port: int, action: str) -> str:
        when = "1763700000 1763700060"
        return f"2 123456789012 {self.eni} {source} {target} {source_port} {port} 6 1 60 {when} {action} OK"

    def now(self, line: str) -> Any:
        (found,) = self.explain(line, "--endpoint-url", self.url, "--json")
        return found


@pytest.fixture
def vpc(aws_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Vpc:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    ec2 = client("ec2", aws_url)
    made = ec2.create_vpc(CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    name = made["VpcId"]
    block = ec2.describe_vpcs(VpcIds=[name])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    six = block.replace("/56", "/64")
    subnet = ec2.create_subnet(VpcId=name, CidrBlock="10.9.1.0/24", Ipv6CidrBlock=six)["Subnet"]["SubnetId"]
    groups = [
        ec2.create_security_group(GroupName=each, Description=each, VpcId=name)["GroupId"] for each in ("web", "admin")
    ]
    eni = ec2.create_network_interface(SubnetId=subnet, Groups=groups, Ipv6AddressCount=1)["NetworkInterface"]
    acl = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"][0]
    return Vpc(
        ec2, aws_url, name, subnet, acl["NetworkAclId"], *groups, eni["NetworkInterfaceId"], eni["PrivateIpAddress"],
        eni["Ipv6Addresses"][0]["Ipv6Address"], capsys,
    )  # fmt: skip


def check(found: Any, gate: str, *, answer: bool = False) -> Any:
    (one,) = (each for each in found["checks"] if each["gate"] == gate and each["answer"] == answer)
    return one


def rules(found: Any, gate: str) -> Iterator[str]:
    return (each["says"] for each in check(found, gate)["rules"])


def tcp(port: int, **peer: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peer}


def test_a_security_group_lets_in_and_another_port_is_refused(vpc: Vpc) -> None:
    vpc.allow(vpc.first, **tcp(443, IpRanges=[{"CidrIp": ANYWHERE, "Description": "visitors"}]))
    found = vpc.now(vpc.request(443))
    assert (found["now"], found["answer_now"], found["agrees"]) == ("allowed", "allowed", True)
    (rule,) = check(found, "security groups")["rules"]
    assert (rule["says"], rule["description"]) == ("allow tcp 443 from 0.0.0.0/0", "visitors")
    assert rule["of"] == f"{vpc.first} (web)"
    refused = vpc.now(vpc.request(445, action="REJECT"))
    assert (refused["now"], refused["agrees"]) == ("refused", True)
    assert "tcp 445" in check(refused, "security groups")["why"]
    assert vpc.now(vpc.request(445))["agrees"] is False


def test_several_groups_and_a_reference(vpc: Vpc) -> None:
    vpc.allow(vpc.second, **tcp(22, UserIdGroupPairs=[{"GroupId": vpc.first}]))
    peer = vpc.ec2.create_network_interface(SubnetId=vpc.subnet, Groups=[vpc.first])["NetworkInterface"]
    inside = vpc.now(vpc.request(22, source=peer["PrivateIpAddress"]))
    assert (inside["now"], list(rules(inside, "security groups"))) == (
        "allowed",
        [f"allow tcp 22 from {vpc.first} (web)"],
    )
    assert check(inside, "network ACL")["outcome"] == "does not apply"
    assert vpc.now(vpc.request(22, action="REJECT"))["now"] == "refused"


def test_a_network_acl_refuses_by_number(vpc: Vpc) -> None:
    vpc.allow(vpc.first, **tcp(445, IpRanges=[{"CidrIp": ANYWHERE}]))
    assert vpc.now(vpc.request(445))["now"] == "allowed"
    vpc.acl_rule(90, "deny", egress=False, first=445, last=445)
    found = vpc.now(vpc.request(445, action="REJECT"))
    assert (found["now"], found["agrees"]) == ("refused", True)
    assert [each["number"] for each in check(found, "network ACL")["rules"]] == [90]
    assert check(found, "security groups")["outcome"] == "allowed"


def test_a_network_acl_is_stateless_the_answer_needs_a_rule_of_its_own(vpc: Vpc) -> None:
    vpc.allow(vpc.first, **tcp(443, IpRanges=[{"CidrIp": ANYWHERE}]))
    vpc.acl_rule(90, "deny", egress=True, first=1024, last=65535)
    asked = vpc.now(vpc.request(443))
    assert (asked["now"], asked["answer_now"], asked["agrees"]) == ("allowed", "refused", True)
    answer = vpc.now(vpc.line(vpc.address, AWAY, 443, 40_000, "REJECT"))
    assert (answer["answer"], answer["now"], answer["agrees"]) == (True, "refused", True)
    assert [each["number"] for each in check(answer, "network ACL", answer=True)["rules"]] == [90]


def test_a_prefix_list(vpc: Vpc) -> None:
    made = vpc.ec2.create_managed_prefix_list(
        PrefixListName="partners", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "198.51.100.0/24"}]
    )["PrefixList"]["PrefixListId"]
    vpc.allow(vpc.first, **tcp(443, PrefixListIds=[{"PrefixListId": made}]))
    found = vpc.now(vpc.request(443))
    assert (found["now"], list(rules(found, "security groups"))) == (
        "allowed",
        [f"allow tcp 443 from {made} (partners)"],
    )
    assert vpc.now(vpc.request(443, source="203.0.113.9", action="REJECT"))["agrees"] is True


def test_ipv6(vpc: Vpc) -> None:
    vpc.allow(vpc.first, **tcp(443, Ipv6Ranges=[{"CidrIpv6": "2001:db8::/32"}]))
    for egress in (False, True):
        vpc.acl_rule(110, "allow", egress=egress, first=0, last=65535, block="::/0")
    found = vpc.now(vpc.request(443, source="2001:db8::7", target=vpc.ipv6))
    assert (found["now"], found["answer_now"]) == ("allowed", "allowed")
    assert list(rules(found, "security groups")) == ["allow tcp 443 from 2001:db8::/32"]
    assert vpc.now(vpc.request(443, source="2001:bad::7", target=vpc.ipv6, action="REJECT"))["agrees"] is True


def test_a_snapshot_says_the_same_without_aws(vpc: Vpc, tmp_path: Path) -> None:
    vpc.allow(vpc.first, **tcp(443, IpRanges=[{"CidrIp": ANYWHERE}]))
    line = vpc.request(443)
    live = vpc.now(line)
    for number, scope in enumerate((["--vpc", vpc.id], [])):
        file = tmp_path / f"network-{number}.json"
        file.write_text(json.dumps(vpc.explain("snapshot", *scope, "--endpoint-url", vpc.url)))
        lines = tmp_path / "flow.log"
        lines.write_text(f"{line}\n")
        (found,) = vpc.explain(lines, "--network", file, "--endpoint-url", "http://127.0.0.1:9", "--json")
        assert {**found, "rules_read_at": ""} == {**live, "rules_read_at": ""}


def test_an_interface_that_is_gone_is_said(vpc: Vpc) -> None:
    found = vpc.now(vpc.request(443).replace(vpc.eni, "eni-0123456789abcdef0"))
    assert (found["checks"], found["agrees"]) == ([], None)
    assert vpc.eni in found["unknown"][0]


def test_without_access_it_says_what_would_be_needed(vpc: Vpc, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = vpc.explain("--print-policy")
    (statement,) = policy["Statement"]
    assert set(statement["Action"]) > {"ec2:DescribeSecurityGroupRules", "ec2:GetManagedPrefixListEntries"}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    failure = vpc.explain(vpc.request(443), "--endpoint-url", vpc.url, "--json", code=3)["failure"]
    assert "no AWS credentials" in failure
