"""The sensor while it captures: traffic on a veth becomes events; rules come and go; mute is mute; figures add up."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.command import Done
from integration.containers import wait_for
from integration.sensors import EXCLUDED_PORT, PATIENCE_SECONDS, LiveSensor, live_sensor

pytestmark = pytest.mark.usefixtures("suricata_image")

TEST_SID = 9000001
TEST_AGENT = "flowtap-test"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, suricata_image: str) -> Iterator[LiveSensor]:
    del suricata_image
    with live_sensor(tmp_path_factory.mktemp("live")) as sensor:
        yield sensor


def suricata(live: LiveSensor, *arguments: str, code: int = 0) -> Done:
    """`shipper suricata …` on this sensor."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SHIPPER_")}  # noqa: TID251
    ran = subprocess.run(
        [sys.executable, "-m", "shipper", "suricata", *arguments], env=inherited | live.settings(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == code, f"exit {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return Done(ran.returncode, ran.stdout, ran.stderr)


def reload(live: LiveSensor) -> None:
    """Without trying the files first, which takes seconds."""
    suricata(live, "reload", "--no-check")


def local_rules(live: LiveSensor) -> Path:
    return live.values.directory / "rules" / "local.rules"


def add_rule(live: LiveSensor, rule: str) -> None:
    with local_rules(live).open("a") as file:
        file.write(f"{rule}\n")


def rule_for(path: str, sid: int) -> str:
    return f'alert http any any -> any any (msg:"{path}"; http.uri; content:"/{path}"; sid:{sid}; rev:1;)'


def loaded(live: LiveSensor) -> int:
    return int(json.loads(suricata(live, "stats", "--json").out)["rules"]["loaded"])


def test_what_is_on_the_wire_becomes_events_with_the_sensor_and_the_conversation(live: LiveSensor) -> None:
    live.get("seen", TEST_AGENT)
    live.wait_for_request("seen")
    (event,) = live.requests("seen")
    assert (event["host"], event["in_iface"], event["dest_ip"]) == ("live", "eth0", live.address)
    assert event["community_id"].startswith("1:")
    assert live.alerts(TEST_SID)


def test_a_rule_counts_from_the_reload_on_and_no_longer_after_the_next(live: LiveSensor) -> None:
    live.get("treasure-before")
    live.wait_for_request("treasure-before")
    before, kept = loaded(live), local_rules(live).read_text()
    add_rule(live, rule_for("treasure", 9001001))
    assert live.alerts(9001001) == []
    told = json.loads(suricata(live, "reload", "--json").out)
    assert (told["loaded"], told["failed"], told["how"]) == (before + 1, [], "command")
    live.get("treasure-after")
    live.wait_for_request("treasure-after")
    assert [event["http"]["url"] for event in live.alerts(9001001)] == ["/treasure-after"]
    local_rules(live).write_text(kept)
    reload(live)
    live.get("treasure-gone")
    live.wait_for_request("treasure-gone")
    assert len(live.alerts(9001001)) == 1
    assert loaded(live) == before


def test_a_suppressed_alert_is_not_made_and_the_same_from_elsewhere_is(live: LiveSensor) -> None:
    def alerts_of(path: str) -> int:
        live.get(path, TEST_AGENT)
        live.wait_for_request(path)
        return len([event for event in live.alerts(TEST_SID) if event["http"]["url"] == f"/{path}"])

    assert alerts_of("loud") == 1
    suricata(live, "rules", "suppress", str(TEST_SID), "--src", "192.0.2.0/24", "--why", "somebody else", "--no-check")
    reload(live)
    assert alerts_of("still-loud") == 1
    suricata(live, "rules", "suppress", str(TEST_SID), "--src", live.client_address, "--why", "our own test")
    reload(live)
    assert alerts_of("mute") == 0
    listed = json.loads(suricata(live, "rules", "list", "--json").out)["suppressed"]
    assert {(found["network"], found["why"]) for found in listed} == {
        ("192.0.2.0/24", "somebody else"),
        (live.client_address, "our own test"),
    }
    suricata(live, "rules", "unsuppress", str(TEST_SID), "--no-check")
    reload(live)
    assert alerts_of("loud-again") == 1


def test_a_rule_that_suricata_does_not_know_is_refused_or_named(live: LiveSensor) -> None:
    kept = local_rules(live).read_text()
    line = len(kept.splitlines()) + 1
    add_rule(live, 'alert http any any -> any any (msg:"x"; no_such_keyword; sid:9001002;)')
    before = loaded(live)
    try:
        refused = suricata(live, "reload", code=3).err
        assert f"local.rules:{line}: error" in refused
        assert "no_such_keyword" in refused
        assert loaded(live) == before
        found = json.loads(suricata(live, "reload", "--no-check", "--json", code=3).out)
        assert [(Path(failed["file"]).name, failed["line"]) for failed in found["failed"]] == [("local.rules", line)]
    finally:
        local_rules(live).write_text(kept)
        reload(live)


def test_done_is_not_believed_where_suricata_kept_its_old_rules(live: LiveSensor) -> None:
    """It says so when it cannot read its own configuration."""
    yaml = live.values.directory / "suricata.yaml"
    kept = yaml.read_text()
    # In place: Suricata reads the file by its name, and sees a new one as well; this is what an editor leaves.
    yaml.write_text(f"{kept}broken: [\n")
    try:
        assert "goes on with the old ones" in suricata(live, "reload", "--no-check", code=4).err
    finally:
        yaml.write_text(kept)
    reload(live)


def test_excluded_ports_are_not_seen_with_no_tag_nor_with_three(live: LiveSensor) -> None:
    add_rule(live, 'alert udp any any -> any any (msg:"probe"; content:"flowtap-probe"; sid:9001003;)')
    reload(live)
    tags = ([], [5], [5, 6], [5, 6, 7])
    for port in (EXCLUDED_PORT, EXCLUDED_PORT + 1):
        for stack in tags:
            live.send_udp(port, stack, "flowtap-probe")

    def seen() -> list[tuple[int, tuple[int, ...]]]:
        return sorted((event["dest_port"], tuple(event.get("vlan", ()))) for event in live.alerts(9001003))

    wait_for(lambda: len(seen()) >= len(tags), PATIENCE_SECONDS, lambda: f"only {seen()}")
    assert seen() == [(EXCLUDED_PORT + 1, tuple(stack)) for stack in tags]


def test_figures_are_those_of_this_sensor(live: LiveSensor) -> None:
    live.get("counted", TEST_AGENT)
    live.wait_for_request("counted")
    alerts = len(live.events("alert"))

    def figures() -> dict[str, int]:
        return dict(json.loads(suricata(live, "stats", "--json").out)["figures"])

    wait_for(lambda: figures().get("alerts", 0) >= alerts, PATIENCE_SECONDS, lambda: f"{figures()}")
    told = json.loads(suricata(live, "stats", "--json").out)
    assert told["figures"]["alerts"] == alerts
    assert told["figures"]["packets"] > 10
    assert told["figures"]["kernel_drops"] == told["figures"]["memcap_hits"] == told["interfaces"][0]["drops"] == 0
    assert [interface["name"] for interface in told["interfaces"]] == ["eth0"]
    assert told["version"].startswith("7.")
    assert "kernel drops" in suricata(live, "stats").out


@pytest.mark.slow
def test_rules_named_on_the_command_line_are_reloaded_by_signal(tmp_path: Path) -> None:
    """The socket's command refuses that."""
    named = tmp_path / "live" / "sensor" / "active" / "local.rules"
    with live_sensor(tmp_path / "live", "-S", str(named)) as live:
        before = loaded(live)
        add_rule(live, rule_for("named", 9001004))
        if os.geteuid() != 0:
            pytest.skip("a signal to a container's process takes root")
        told = json.loads(suricata(live, "reload", "--json").out)
        assert (told["how"], told["loaded"], told["failed"]) == ("signal", before + 1, [])
