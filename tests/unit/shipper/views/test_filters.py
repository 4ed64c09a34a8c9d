"""Filters of questions: what may be given, and what a search is asked."""

import pytest

from shipper.errors import ConfigError
from shipper.views.filters import ALERT_FILTERS, FLOW_FILTERS, clauses


def also_related(path: str, address: str) -> dict[str, object]:
    """Addresses have their index at `related.ip`."""
    return {"bool": {"filter": [{"term": {"related.ip": address}}, {"term": {path: address}}]}}


@pytest.mark.parametrize(
    ("name", "text", "clause"),
    [
        ("src", "10.0.0.0/8", also_related("source.ip", "10.0.0.0/8")),
        ("dst", "2001:db8::1", also_related("destination.ip", "2001:db8::1")),
        ("port", "22", {"term": {"server.port": 22}}),
        ("proto", "TCP", {"term": {"network.transport": "tcp"}}),
        ("proto", "6", {"term": {"network.iana_number": "6"}}),
        ("action", "REJECT", {"term": {"event.action": "reject"}}),
        ("vpc", "vpc-1", {"term": {"aws.vpcflow.vpc_id": "vpc-1"}}),
        ("eni", "eni-1", {"term": {"aws.vpcflow.interface_id": "eni-1"}}),
        ("instance", "i-1", {"term": {"cloud.instance.id": "i-1"}}),
    ],
)
def test_each_becomes_a_clause(name, text, clause):
    assert clauses({name: text}, FLOW_FILTERS, "flows") == (clause,)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("src", "10.0.0.300", "neither an address nor a network"),
        ("dst", "*", "neither an address nor a network"),
        ("port", "ssh", "no port: a number up to 65535"),
        ("port", "65536", "no port"),
        ("port", "²", "no port"),
        ("proto", "256", "no protocol"),
        ("action", "drop", "accept or reject"),
    ],
)
def test_what_is_none_is_refused(name, text, says):
    with pytest.raises(ConfigError, match=says):
        clauses({name: text}, FLOW_FILTERS, "flows")


def test_a_question_says_which_it_takes():
    with pytest.raises(ConfigError, match="alerts cannot be narrowed by --vpc; by: --src, --dst, --port, --proto"):
        clauses({"vpc": "vpc-1"}, ALERT_FILTERS, "alerts")
