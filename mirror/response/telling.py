"""Findings and decisions as lines in the form of EVE, for `shipper run` to follow (ADR 0020, 0022). Pure.

A finding's line is the same however often it comes, and so the same document; its own JSON goes along as one text.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from mirror.response.decision import Decision
from mirror.response.finding import Finding

DECISION: Final = "mirror_decision"
FINDING: Final = "guardduty"
MOST_MESSAGE: Final = 256 << 10
"""Most characters of a message that is kept with the reason why it was set aside."""


def finding_line(finding: Finding) -> str:
    """With the end of the line; the time is when it was last updated."""
    detail = finding.detail or {}
    service, resource = _below(detail, "service"), _below(detail, "resource")
    action = _below(service, "action")
    told: dict[str, Any] = {
        "id": finding.id,
        "type": finding.type,
        "severity": finding.severity,
        "title": detail.get("title"),
        "account": finding.account,
        "region": finding.region,
        "sender": finding.sender,
        "role": finding.role,
        "resource_type": resource.get("resourceType"),
        "instance": [*finding.instances],
        "eni": [*finding.interfaces],
        "action_type": action.get("actionType"),
        "domain": _below(action, "dnsRequestAction").get("domain"),
        "count": service.get("count"),
        "first_seen": service.get("eventFirstSeen"),
        "last_seen": service.get("eventLastSeen"),
        "created_at": detail.get("createdAt"),
        "told_at": finding.told_at,
        "sample": finding.sample,
        "archived": finding.archived,
        "finding": json.dumps(detail, sort_keys=True),
    }
    spoke = finding.connection
    ends: dict[str, Any] = {}
    if spoke:
        ends = {"src_ip": spoke.source, "dest_ip": spoke.destination, "proto": spoke.protocol}
        if spoke.source_port and spoke.destination_port:
            ends |= {"src_port": spoke.source_port, "dest_port": spoke.destination_port}
    return _line(finding.updated_at, FINDING, ends, _said(told))


def decision_line(decision: Decision, when: datetime) -> str:
    """With the end of the line."""
    told = {each.name: getattr(decision, each.name) for each in fields(decision)}
    told["message"] = decision.message[:MOST_MESSAGE]
    return _line(when, DECISION, {}, _said(told))


def shown(decision: Decision) -> dict[str, Any]:
    """For `--json`: what is said, times as texts."""
    return _said({each.name: getattr(decision, each.name) for each in fields(decision) if each.name != "message"})


def _said(told: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty; false is said."""
    return {
        key: _text(value) if isinstance(value, datetime) else value
        for key, value in told.items()
        if value or value is False or value == 0
    }


def _line(when: datetime, kind: str, ends: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    key = "decision" if kind == DECISION else kind
    return json.dumps({"timestamp": _text(when), "event_type": kind, **ends, key: told}) + "\n"


def _text(when: datetime) -> str:
    return when.isoformat(timespec="microseconds")


def _below(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = node.get(key)
    return found if isinstance(found, dict) else {}
