"""docs/settings.md is what the models say. `make docs` and `--rewrite-golden` write it anew."""

from pathlib import Path

import pytest

from shipper.cli.reference import settings_page
from shipper.init import sections

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_committed_page_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(settings_page(), "utf-8")
    assert PAGE.read_text("utf-8") == settings_page(), "docs/settings.md is not what the models say: make docs"


def test_every_setting_is_described() -> None:
    for setting in (setting for section in sections() for setting in section.settings):
        assert setting.description.endswith("."), f"{setting.section}.{setting.key}"
        assert f"`{setting.key}`" in settings_page()
