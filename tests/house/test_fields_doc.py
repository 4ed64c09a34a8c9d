"""The pages of fields are what the tables say. `--rewrite-golden` (`make golden`) writes them anew."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shipper.decoders.eve import derived
from shipper.decoders.eve.table import leaves, table
from shipper.decoders.eve_fields_page import eve_fields_page
from shipper.decoders.fields_page import fields_page
from shipper.decoders.flow_log.fields import DERIVED, KNOWN_NAMES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("name", "page"), [("fields.md", fields_page), ("fields-suricata.md", eve_fields_page)])
def test_the_committed_page_is_current(request: pytest.FixtureRequest, name: str, page: Callable[[], str]) -> None:
    if request.config.getoption("--rewrite-golden"):
        (DOCS / name).write_text(page())
    assert (DOCS / name).read_text() == page(), f"docs/{name} is not what the tables say: make golden"


def test_every_column_and_leaf_is_on_it() -> None:
    page = fields_page()
    assert all(f"`{name}`" in page for name in (*KNOWN_NAMES, *(leaf.path for leaf in DERIVED)))


def test_every_key_of_an_event_and_its_leaf_is_on_it() -> None:
    page = eve_fields_page().replace("[]", "")
    named = [(path, leaf.path) for path, leaf in leaves(table()) if not path.endswith("_delta")]
    assert len(named) > 800
    assert not [key for key, leaf in named if f"| `{key}` | `{leaf}` |" not in page]
    assert not [leaf.path for leaf in derived.DERIVED if f"| `{leaf.path}` |" not in page]
