"""Options of the whole test run."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write golden outputs and docs/fields.md anew")
    parser.addoption("--require-services", action="store_true", help="fail where a service is missing, do not skip")
