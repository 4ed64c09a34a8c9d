"""The files of `dashboards/objects`, made from the panels and our index templates."""

from collections.abc import Mapping
from pathlib import Path

from dashboards.build import files
from dashboards.bundle import SUFFIX
from dashboards.panels import DASHBOARDS
from dashboards.panels.patterns import PATTERNS
from shipper.opensearch.desired import desired


def built() -> dict[str, bytes]:
    """Name without suffix → content, as it should be."""
    return files(DASHBOARDS, PATTERNS, desired("flowtap").leaves)


def differing(folder: Path, wanted: Mapping[str, bytes]) -> list[str]:
    """Names of files that are not as they should be, or should not be there."""
    there = {path.name.removesuffix(SUFFIX): path.read_bytes() for path in folder.glob(f"*{SUFFIX}")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(folder: Path, wanted: Mapping[str, bytes]) -> None:
    """Make the folder hold these files, and no other NDJSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in differing(folder, wanted):
        path = folder / f"{name}{SUFFIX}"
        if name in wanted:
            path.write_bytes(wanted[name])
        else:
            path.unlink()
