"""What the product imports is installed with it, not only with the tools that test it."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("shipper", "mirror", "provision", "suricata", "dashboards", "aws")
EXTRAS = {"scapy": "dissect"}
"""Modules that come with an extra a user asks for."""
COMPANIONS = {"botocore": "boto3", "pydantic_core": "pydantic"}
"""Modules that another one of ours pins exactly, and documents as its own."""


def imported() -> Iterator[tuple[str, str]]:
    """Modules of others, by their first names, and where they are imported."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_bytes())):
                names: list[str] = []
                if isinstance(node, ast.Import):
                    names = [each.name for each in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                for name in names:
                    first = name.partition(".")[0]
                    if first not in sys.stdlib_module_names and first not in PACKAGES:
                        yield first, str(path.relative_to(ROOT))


def declared(of: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\\[; ]", each)[0].lower() for each in of}


def test_what_the_product_imports_is_installed_with_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    installed = declared(project["dependencies"])
    extras = {name: declared(of) for name, of in project["optional-dependencies"].items()}
    owners = packages_distributions()
    found = {*imported()}
    assert found
    missing = set()
    for module, where in found:
        of = COMPANIONS.get(module, module)
        names = {owner.lower().replace("_", "-") for owner in owners.get(of, [of])}
        if not names & (extras[EXTRAS[of]] if of in EXTRAS else installed):
            missing.add((module, where))
    assert missing == set()
