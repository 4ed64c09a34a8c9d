"""Every error of ours says what its caller does next, stands in the one tree, and leads to a documented exit code."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping

import pytest

import shipper
import shipper.errors
from shipper.cli.exit_codes import EXIT_CODES, EXIT_HELP, exit_code
from shipper.errors import DecodeError, EndOfInput, NotRecords, ShipperError

LEAVES = ("mirror", "provision", "suricata", "dashboards", "aws")
INSIDE = {DecodeError, EndOfInput, NotRecords}
"""Met and dealt with in the pipeline; one that reaches the command is a bug of ours."""


def modules(name: str) -> Iterator[str]:
    package = importlib.import_module(name)
    yield name
    for found in pkgutil.walk_packages(package.__path__, f"{name}."):
        if not found.name.endswith("__main__"):
            yield found.name


def errors_of(package: str) -> Iterator[type[Exception]]:
    for name in modules(package):
        for found in vars(importlib.import_module(name)).values():
            if isinstance(found, type) and issubclass(found, Exception) and found.__module__ == name:
                yield found


def tree() -> list[type[ShipperError]]:
    return [found for found in errors_of("shipper") if issubclass(found, ShipperError)]


def test_all_errors_of_shipper_are_one_tree_in_one_place() -> None:
    assert {found for found in errors_of("shipper") if not issubclass(found, ShipperError)} == set()
    assert {found.__module__ for found in tree()} == {"shipper.errors"}


@pytest.mark.parametrize("found", tree())
def test_an_error_says_what_its_caller_does_next(found: type[ShipperError]) -> None:
    assert found.__dict__.get("__doc__")
    assert inspect.cleandoc(found.__doc__ or "").partition("\n")[0].endswith((".", "again."))


@pytest.mark.parametrize("found", [found for found in tree() if found is not ShipperError])
def test_an_error_leads_to_a_documented_exit_code(found: type[ShipperError]) -> None:
    assert (found in EXIT_CODES) != (found in INSIDE)
    assert exit_code(found("what")) == EXIT_CODES.get(found, 1)


def test_every_exit_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^ {2}(\d+)(?:, \d+)? {2}\S", EXIT_HELP, re.MULTILINE)}
    assert documented >= {0, 1, 2, *EXIT_CODES.values()}


@pytest.mark.parametrize("package", LEAVES)
def test_the_errors_of_a_leaf_are_mapped_to_ours(package: str) -> None:
    """A leaf's root stands in a mapping of shipper.errors, and all its errors are below that root."""
    tables = [value for value in vars(shipper.errors).values() if isinstance(value, Mapping)]
    mapped = tuple(kind for table in tables for kind in table if isinstance(kind, type))
    strangers = [found for found in errors_of(package) if not issubclass(found, mapped)]
    assert not strangers, f"shipper.errors maps no root of {strangers}"
