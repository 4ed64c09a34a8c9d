"""docs/queries.md is what the questions say. `make docs` and `--rewrite-golden` write it anew."""

from pathlib import Path

import pytest

from shipper.cli.reference import queries_page
from shipper.views.queries import names, question

PAGE = Path(__file__).parents[2] / "docs" / "queries.md"


def test_the_committed_page_is_current(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-golden"):
        PAGE.write_text(queries_page(), "utf-8")
    assert PAGE.read_text("utf-8") == queries_page(), "docs/queries.md is not what the questions say: make docs"


@pytest.mark.parametrize("name", list(names()))
def test_every_question_says_how_it_counts(name: str) -> None:
    assert question(name).rule.endswith(".")
    assert name in queries_page()
