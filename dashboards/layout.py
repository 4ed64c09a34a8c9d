"""Where things stand on a dashboard: `panelsJSON`. Pure.

A grid of 48 columns (OpenSearch Dashboards, src/plugins/dashboard/public/embeddable_plugin); the header and the filters
come first, over the whole width.
"""

from collections.abc import Iterator
from typing import Any

from dashboards.model import Dashboard
from dashboards.saved_object import text

COLUMNS = 48
_HEADER_ROWS = 6
# Five filters fit in a line.
_CONTROL_ROWS, _MORE_CONTROL_ROWS, _CONTROLS_IN_LINE = 5, 9, 5
# Kept at the version whose layout this is: Dashboards migrates older ones.
_LAYOUT_VERSION = "2.8.0"

Box = tuple[int, int, int, int]


def boxes(dashboard: Dashboard) -> Iterator[Box]:
    """(x, y, width, height) of each thing, in the order of the dashboard's references."""
    yield (0, 0, COLUMNS, _HEADER_ROWS)
    controls = _CONTROL_ROWS if len(dashboard.controls) <= _CONTROLS_IN_LINE else _MORE_CONTROL_ROWS
    yield (0, _HEADER_ROWS, COLUMNS, controls)
    y = _HEADER_ROWS + controls
    for row in dashboard.rows:
        x = 0
        for place in row:
            yield (x, y, place.width, place.height)
            x += place.width
        y += max(place.height for place in row)


def panels_json(dashboard: Dashboard) -> str:
    """The grid; what stands in a box is named by reference."""
    return text([_panel(number, box) for number, box in enumerate(boxes(dashboard))])


def _panel(number: int, box: Box) -> dict[str, Any]:
    x, y, width, height = box
    bare: dict[str, Any] = {"hidePanelTitles": True} if number < 2 else {}
    return {
        "version": _LAYOUT_VERSION,
        "gridData": {"x": x, "y": y, "w": width, "h": height, "i": str(number)},
        "panelIndex": str(number),
        "embeddableConfig": bare,
        "panelRefName": f"panel_{number}",
    }
