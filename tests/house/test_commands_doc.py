"""docs/commands.md is what the commands' help says. `make docs` and `--rewrite-golden` write it anew."""

from pathlib import Path

import pytest

from shipper.cli.exit_codes import EXIT_CODES
from shipper.cli.main import COMMANDS
from shipper.cli.reference import commands_page, write

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_committed_page_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(commands_page(), "utf-8")
    assert PAGE.read_text("utf-8") == commands_page(), "docs/commands.md is not what the commands say: make docs"


def test_every_command_and_exit_code_is_on_it() -> None:
    page = commands_page()
    assert all(f"## `shipper {name}`" in page for name in COMMANDS)
    assert all(f"  {code}  " in page for code in {0, *EXIT_CODES.values()})


def test_one_call_writes_all_pages(tmp_path: Path) -> None:
    write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["commands.md", "queries.md", "settings.md"]
