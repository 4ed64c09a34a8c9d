"""What is in the repository: small modules that say what they are for, nothing made, nothing of one machine."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 300
TEST_LIMIT = 400  # a list of cases is read one at a time
WHY = "Long because"
PACKAGES = ("shipper", "mirror", "provision", "suricata", "dashboards", "aws")
VAGUE = {"utils", "helpers", "common", "base", "util", "misc"}

# Absolute paths of a machine. In docker/ they are a container's.
_MACHINE = re.compile(r"(?<![\w.$}/~-])/(?:work|root|tmp)(?=[/\s\"'`)]|$)")
_REGISTRY = re.compile(
    r"\b(?:docker\.io|ghcr\.io|quay\.io|gcr\.io|public\.ecr\.aws|pypi\.org/simple|(?:[\w-]+\.)*(?:artifactory|nexus)[\w.-]*)/"
)


def listed(*arguments: str) -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    ran = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", *arguments], capture_output=True, text=True, check=True)
    return [name for name in ran.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[str, str]]:
    found = []
    for name in listed():
        try:
            found.append((name, (ROOT / name).read_text("utf-8")))
        except UnicodeDecodeError:
            continue
    return found


def python() -> list[tuple[str, str]]:
    return [(name, text) for name, text in texts() if name.endswith(".py")]


def test_a_long_module_says_why() -> None:
    long = [
        name
        for name, text in python()
        if len(text.splitlines()) > (TEST_LIMIT if name.startswith("tests/") else LIMIT) and WHY not in text
    ]
    assert not long, f"no docstring says '{WHY} …'"


def test_every_package_and_module_says_what_it_is_for() -> None:
    ours = [(name, text) for name, text in python() if name.split("/")[0] in {*PACKAGES, "demo", "bench"}]
    assert len(ours) > 50
    assert not [name for name, text in ours if not ast.get_docstring(ast.parse(text))]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_of_modules_is_a_package(package: str) -> None:
    folders = {path.parent for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts}
    assert (ROOT / package) in folders
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


def test_docker_is_no_package() -> None:
    """An __init__.py there would hide the Docker SDK."""
    assert not [*(ROOT / "docker").rglob("__init__.py")]


def test_no_module_is_called_by_a_vague_name() -> None:
    assert not [name for name, _ in python() if Path(name).stem in VAGUE]


def test_nothing_that_is_made_is_committed() -> None:
    assert not listed("--cached", "--ignored", "--exclude-standard")


def test_nothing_names_a_place_on_one_machine() -> None:
    found = [
        f"{name}:{number}"
        for name, text in texts()
        if not name.startswith("docker/")
        for number, line in enumerate(text.splitlines(), 1)
        if _MACHINE.search(line)
    ]
    assert not found


def test_nothing_names_a_registry() -> None:
    assert not [name for name, text in texts() if _REGISTRY.search(text)]


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"])
def test_what_a_newcomer_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).read_text("utf-8").strip()


def test_the_readme_leads_to_every_page_and_lists_none_twice() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert not [page.name for page in (ROOT / "docs").glob("*.md") if f"(docs/{page.name})" not in readme]
    listed_pages = re.findall(r"\((docs/[\w-]+\.md)\)", readme.partition("## Read on")[2])
    assert listed_pages
    assert len(set(listed_pages)) == len(listed_pages)
