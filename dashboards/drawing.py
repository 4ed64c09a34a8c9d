"""How each kind of panel is drawn: `params` of a visualization's `visState`. Pure.

Source: OpenSearch Dashboards 2.8, src/plugins/vis_type_* (the defaults of its editor).
"""

from collections.abc import Callable, Mapping
from typing import Any

from dashboards.model import RED, Draw, Panel

_FADED = "rgba(105,112,125,0.2)"
# The colour says what is counted, not how much of it there is: any value is in the first range, which takes the one end
# of the colours, or with `invertColors` the other. A metric with a single range has no colour at all.
_MOST = 1_000_000_000_000
_ANY = {"from": 0, "to": _MOST}
_NONE = {"from": _MOST, "to": 2 * _MOST}


def params(panel: Panel) -> dict[str, Any]:
    """The parameters of the panel's drawing; its own options go over them."""
    return dict(_DRAWN[panel.draw](panel)) | dict(panel.options)


def _metric(panel: Panel) -> Mapping[str, Any]:
    colored = bool(panel.colors)
    return {
        "addTooltip": True,
        "addLegend": False,
        "type": "metric",
        "metric": {
            "percentageMode": False,
            "useRanges": False,
            "colorSchema": "Green to Red",
            "metricColorMode": "Labels" if colored else "None",
            "colorsRange": [_ANY, _NONE],
            "labels": {"show": True},
            "invertColors": RED in panel.colors.values(),
            "style": {"bgFill": "#000", "bgColor": False, "labelColor": colored, "subText": "", "fontSize": 32},
        },
    }


def _gauge(panel: Panel) -> Mapping[str, Any]:
    return {
        "type": "gauge",
        "addTooltip": True,
        "addLegend": False,
        "isDisplayWarning": False,
        "gauge": {
            "alignment": "horizontal",
            "extendRange": True,
            "percentageMode": False,
            "gaugeType": "Arc",
            "gaugeStyle": "Full",
            "backStyle": "Full",
            "orientation": "vertical",
            "colorSchema": "Green to Red",
            "gaugeColorMode": "Labels",
            "colorsRange": [_ANY],
            "invertColors": RED in panel.colors.values(),
            "labels": {"show": True, "color": "black"},
            "scale": {"show": False, "labels": False, "color": _FADED},
            "type": "meter",
            "style": {
                "bgWidth": 0.9, "width": 0.9, "mask": False, "bgMask": False, "maskBars": 50, "bgFill": _FADED,
                "bgColor": True, "subText": "", "fontSize": 60,
            },
        },
    }  # fmt: skip


def _donut(panel: Panel) -> Mapping[str, Any]:
    del panel
    return {
        "type": "pie",
        "addTooltip": True,
        "addLegend": True,
        "legendPosition": "right",
        "isDonut": True,
        "labels": {"show": False, "values": True, "last_level": True, "truncate": 100},
    }


def _xy(panel: Panel) -> Mapping[str, Any]:
    """Bars, lines and areas. Rows are bars whose categories stand on the left: the type alone does not turn them."""
    sideways = panel.draw is Draw.ROWS
    kind = "histogram" if sideways else panel.draw.value
    split = len(panel.buckets) > 1
    return {
        "type": panel.draw.value,
        "grid": {"categoryLines": False},
        "categoryAxes": [
            _axis("CategoryAxis-1", "category", "left" if sideways else "bottom", 300 if sideways else 100)
        ],
        "valueAxes": [
            _value_axis("bottom" if sideways else "left", panel.metrics[0].label if len(panel.metrics) == 1 else "")
        ],
        "seriesParams": [
            {
                "show": True,
                "type": kind,
                "mode": "normal" if panel.draw is Draw.LINES else "stacked",
                "data": {"label": metric.label or metric.kind, "id": str(number)},
                "valueAxis": "ValueAxis-1",
                "drawLinesBetweenPoints": True,
                "lineWidth": 2,
                "interpolate": "linear",
                "showCircles": True,
            }
            for number, metric in enumerate(panel.metrics, 1)
        ],
        "addTooltip": True,
        "addLegend": split or len(panel.metrics) > 1,
        "legendPosition": "right",
        "times": [],
        "addTimeMarker": False,
        "labels": {"show": False},
        "thresholdLine": {"show": False, "value": 10, "width": 1, "style": "full", "color": "#E7664C"},
    }


def _axis(name: str, kind: str, position: str, truncate: int) -> dict[str, Any]:
    return {
        "id": name,
        "type": kind,
        "position": position,
        "show": True,
        "style": {},
        "scale": {"type": "linear"},
        "labels": {"show": True, "filter": True, "truncate": truncate, "rotate": 0},
        "title": {},
    }


def _value_axis(position: str, title: str) -> dict[str, Any]:
    axis = _axis("ValueAxis-1", "value", position, 100)
    name = "BottomAxis-1" if position == "bottom" else "LeftAxis-1"
    return axis | {"name": name, "scale": {"type": "linear", "mode": "normal"}, "title": {"text": title}}


def _table(panel: Panel) -> Mapping[str, Any]:
    del panel
    return {
        "perPage": 8,  # as many as are seen without scrolling in the heights that panels have
        "showPartialRows": False,
        "showMetricsAtAllLevels": False,
        "sort": {"columnIndex": None, "direction": None},
        "showTotal": False,
        "totalFunc": "sum",
        "percentageCol": "",
    }


def _heat(panel: Panel) -> Mapping[str, Any]:
    del panel
    return {
        "type": "heatmap",
        "addTooltip": True,
        "addLegend": True,
        "enableHover": False,
        "legendPosition": "right",
        "times": [],
        "colorsNumber": 5,
        "colorSchema": "Reds",
        "setColorRange": False,
        "colorsRange": [],
        "invertColors": False,
        "percentageMode": False,
        "valueAxes": [
            {
                "show": False,
                "id": "ValueAxis-1",
                "type": "value",
                "scale": {"type": "linear", "defaultYExtents": False},
                "labels": {"show": False, "rotate": 0, "overwriteColor": False, "color": "black"},
            }
        ],
    }


_DRAWN: Mapping[Draw, Callable[[Panel], Mapping[str, Any]]] = {
    Draw.METRIC: _metric,
    Draw.GAUGE: _gauge,
    Draw.DONUT: _donut,
    Draw.BARS: _xy,
    Draw.ROWS: _xy,
    Draw.LINES: _xy,
    Draw.AREA: _xy,
    Draw.TABLE: _table,
    Draw.HEAT: _heat,
}
