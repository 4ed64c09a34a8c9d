"""`shipper mirror sensor check`: findings with remedies, for people and as JSON; exit 3 where something fails."""

import json
import sys

import pytest

from shipper.cli.main import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc and /sys")


def test_an_interface_that_is_not_there_fails_with_its_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mirror", "sensor", "check", "--interface", "nosuch0", "--address", "127.0.0.1"]) == 3
    said = capsys.readouterr().out
    assert "fail     interface" in said
    assert "→ name another with --interface" in said
    assert "1 fail" in said


def test_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The loopback is up and longer than any packet; what of the rest is well depends on the host."""
    code = run(
        ["mirror", "sensor", "check", "--interface", "lo", "--address", "127.0.0.1", "--veth", "nosuch0", "--json"]
    )
    told = json.loads(capsys.readouterr().out)
    found = {each["name"]: each for each in told["checks"]}
    assert (found["interface"]["outcome"], found["MTU"]["outcome"], found["veth pair"]["outcome"]) == (
        "ok",
        "ok",
        "fail",
    )
    assert "ip link add nosuch0 type veth" in found["veth pair"]["remedy"]
    assert (code, told["ok"]) == (3, False)
