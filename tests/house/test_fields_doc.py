"""docs/fields.md is what the tables say. `--rewrite-golden` (`make golden`) writes it anew."""

from pathlib import Path

import pytest

from shipper.decoders.fields_page import fields_page
from shipper.decoders.flow_log.fields import DERIVED, KNOWN_NAMES

PAGE = Path(__file__).parents[2] / "docs" / "fields.md"


def test_the_committed_page_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(fields_page())
    assert PAGE.read_text() == fields_page(), "docs/fields.md is not what the tables say: make golden"


def test_every_column_and_leaf_is_on_it() -> None:
    page = fields_page()
    assert all(f"`{name}`" in page for name in (*KNOWN_NAMES, *(leaf.path for leaf in DERIVED)))
