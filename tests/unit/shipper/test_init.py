"""The settings file that is written: complete, true, private, and without effect until something is uncommented."""

import os
import re
import tomllib
from pathlib import Path

import pytest

from shipper.config import load
from shipper.errors import ConfigError
from shipper.init import EXAMPLE_DATASET, Setting, sections, settings_text, write_settings
from shipper.inputs import INPUTS
from shipper.settings import DatasetSettings, Settings


def uncommented(text: str) -> str:
    """Every commented-out line of TOML as a line of TOML; examples of files left out."""
    lines = [re.sub(r"^# (?=[a-z_]+ = |\[)", "", line) for line in text.splitlines()]
    return "\n".join(line for line in lines if not line.endswith('"/path/to/file"'))


def test_as_written_it_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shipper.toml"
    write_settings(path)
    assert load(path, (), {}).settings == Settings()


def test_uncommented_it_holds_every_default(tmp_path: Path) -> None:
    (tmp_path / "shipper.toml").write_text(uncommented(settings_text()))
    settings = load(tmp_path / "shipper.toml", (), {}).settings
    assert settings == Settings(datasets={EXAMPLE_DATASET: DatasetSettings()}, inputs=settings.inputs)
    assert [given.type for given in settings.inputs.values()] == [*INPUTS]


def test_every_setting_is_in_it_with_its_description() -> None:
    given = tomllib.loads(uncommented(settings_text()))
    assert given.keys() == Settings.model_fields.keys()
    for section in sections():
        for setting in section.settings:
            assert f"# {setting.key} = " in settings_text()
            assert setting.description
            assert setting.description in settings_text()


def test_a_row_says_everything_about_a_setting() -> None:
    rows = {(setting.section, setting.key): setting for section in sections() for setting in section.settings}
    assert rows["opensearch", "in_flight"] == Setting(
        "opensearch",
        "in_flight",
        "whole number, ≥ 1, ≤ 32",
        "3",
        "Most bulk requests at the same time; fewer while it is overloaded.",
    )
    assert rows["opensearch", "in_flight"].variable == "SHIPPER_OPENSEARCH__IN_FLIGHT"
    assert rows["opensearch", "compress"].default == "false"
    assert rows["opensearch", "ca_file"].default == ""
    assert rows["datasets.NAME", "partition"].type == '"month" or "day" or "hour"'
    assert rows["datasets.NAME", "partition"].variable == "SHIPPER_DATASETS"


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "shipper.toml"
    before = os.umask(0)
    try:
        write_settings(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_there_stays_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "shipper.toml"
    path.write_text("mine" * 1000)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="--force"):
        write_settings(path)
    assert path.read_text() == "mine" * 1000
    write_settings(path, force=True)
    assert path.read_text() == settings_text()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere/shipper\.toml cannot be written"):
        write_settings(tmp_path / "nowhere/shipper.toml")
