"""What events say in one line."""

from typing import Any

import pytest

from shipper.views.trace.fact import fact

FTP: dict[str, Any] = {"reply_received": "yes", "reply_truncated": False}


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"completion_code": ["220"], "reply": ["Welcome"]}, "220 Welcome"),
        (
            {"command": "PASS", "command_data": "x", "completion_code": ["230"], "reply": ["Access granted"]},
            "PASS x, 230 Access granted",
        ),
        (
            {"command": "LIST", "completion_code": ["150", "226"], "reply": ["Opening", "Complete"]},
            "LIST, 150 Opening, 226 Complete",
        ),
        ({"completion_code": ["211"], "reply": ["Features:", "SIZE"]}, "211 Features:, SIZE"),
    ],
)
def test_ftp_is_told_as_command_and_reply(own: dict[str, Any], said: str) -> None:
    assert fact({"suricata": {"eve": {"event_type": "ftp", "ftp": FTP | own}}}) == said


def test_netflow_is_told_by_its_counters() -> None:
    own = {"event_type": "netflow", "netflow": {"min_ttl": 64, "age": 81}}
    assert fact({"suricata": {"eve": own}, "source": {"packets": 62, "bytes": 4860}}) == "packets 62, bytes 4860"
