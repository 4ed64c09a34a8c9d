"""The unit that is printed: the command as it was given, a state directory that can be written."""

from pathlib import Path

from shipper.config import load
from shipper.unit import unit


def test_the_command_is_the_one_given_and_systemd_changes_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / "shipper.toml").write_text("")
    text = unit(["/usr/bin/shipper", "--set", "a.b=50% of $x", "run"], load(tmp_path / "shipper.toml", (), {}))
    assert "ExecStart=/usr/bin/shipper --set 'a.b=50%% of $$x' run\n" in text
    assert "Environment=SHIPPER_STATE__DIRECTORY=/var/lib/flowtap\n" in text


def test_a_state_directory_that_was_set_is_kept(tmp_path: Path) -> None:
    (tmp_path / "shipper.toml").write_text('[state]\ndirectory = "/srv/state"\n')
    text = unit(["/usr/bin/shipper", "run"], load(tmp_path / "shipper.toml", (), {}))
    assert "ReadWritePaths=-/srv/state\n" in text
    assert "SHIPPER_STATE__DIRECTORY=/srv/state\n" in text
