"""The files of `dashboards/objects`, made from the panels and our index templates."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from dashboards.build import files
from dashboards.bundle import SUFFIX
from dashboards.panels import DASHBOARDS
from dashboards.panels.patterns import PATTERNS
from dashboards.saved_object import SavedObject, line
from shipper.durable import make_directory, write_file
from shipper.opensearch.desired import desired


def built() -> dict[str, bytes]:
    """Name without suffix → content, as it should be."""
    return files(DASHBOARDS, PATTERNS, desired("flowtap").leaves)


def differing(folder: Path, wanted: Mapping[str, bytes]) -> list[str]:
    """Names of files that are not as they should be, or should not be there."""
    there = {path.name.removesuffix(SUFFIX): path.read_bytes() for path in folder.glob(f"*{SUFFIX}")}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(folder: Path, wanted: Mapping[str, bytes], *, remove: bool = True) -> None:
    """Make the folder hold these files, and with `remove` no other NDJSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in differing(folder, wanted):
        path = folder / f"{name}{SUFFIX}"
        if name in wanted:
            path.write_bytes(wanted[name])
        elif remove:
            path.unlink()


def back_up(folder: Path, objects: Sequence[SavedObject], moment: datetime) -> Path:
    """The objects as a file of that moment, safe on disk when this returns. Raises StateUnwritable.

    Dashboards' own import takes it back, with "overwrite".
    """
    path = folder / f"replaced-{moment:%Y%m%dT%H%M%S.%fZ}{SUFFIX}"
    make_directory(folder)
    write_file(path, b"".join(line(each) for each in objects))
    return path
