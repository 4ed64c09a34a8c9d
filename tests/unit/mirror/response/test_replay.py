"""Findings replayed: each as of its own time, after what those before it would have done."""

from datetime import timedelta

from findings import finding, text
from mirror.managed.observe import observe
from mirror.response.policy import read_policy
from mirror.response.replay import Replay
from mirror_account import NOW, Account


def test_later_findings_stand_on_earlier_ones() -> None:
    account = Account()
    account.raw.create_traffic_mirror_target(NetworkInterfaceId=account.sensor)
    replay = Replay(read_policy("budget = { sessions = 1 }\n[[rules]]"), observe(account.ec2), lambda: False)
    one, two, *_ = account.web
    said = []
    for minutes, who in ((0, one), (0, one), (20, one), (30, two), (90, two)):
        (found,) = replay.answer(text(finding(*who, NOW + timedelta(minutes=minutes))))
        said.append((found.action, found.reason, found.dry_run))
    said += [(each.action, each.reason, each.dry_run) for each in replay.answer("{")]
    assert said == [
        ("mirrored", "finding", True),
        ("refused", "replay", True),
        ("extended", "repeat", True),
        ("refused", "budget-sessions", True),
        ("mirrored", "finding", True),
        ("refused", "malformed", True),
    ]
    assert account.sessions() == []
