"""What is shown, as plain values: index patterns, panels, dashboards. They know nothing of how Dashboards stores them.

Ids, index patterns and links are written with the index prefix `flowtap`; `bundle.placed` writes them for another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_with
from enum import StrEnum
from typing import Any

PREFIX = "flowtap"

RED, GREEN, AMBER, BLUE, GREY = "#BD271E", "#54B399", "#D6BF57", "#6092C0", "#98A2B3"
"""Refused and severe is red, everywhere; let through is green."""


class Draw(StrEnum):
    """How a panel is drawn: visualization types of OpenSearch Dashboards, the same in 2.8 and 3.x."""

    METRIC = "metric"
    GAUGE = "gauge"
    DONUT = "pie"
    BARS = "histogram"
    ROWS = "horizontal_bar"
    LINES = "line"
    AREA = "area"
    TABLE = "table"
    HEAT = "heatmap"


@dataclass(frozen=True, slots=True)
class Format:
    """A field formatter: its id and its parameters."""

    id: str
    params: Mapping[str, Any] = made_with(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pattern:
    """An index pattern over the partitions of `datasets`. Without a time field it knows no range: "since start".

    `common_only`: of several datasets only leaves that two of them have, or the first.
    """

    name: str
    datasets: tuple[str, ...]
    timed: bool = True
    formats: Mapping[str, Format] = made_with(default_factory=dict)
    common_only: bool = False

    @property
    def id(self) -> str:
        """Of the saved object."""
        return f"{PREFIX}-{self.name}"

    @property
    def title(self) -> str:
        """What is searched."""
        return ",".join(f"{PREFIX}-{dataset}-*" for dataset in self.datasets)


@dataclass(frozen=True, slots=True)
class Metric:
    """What is computed: an aggregation to a single number. `params` beyond the field are Dashboards' own."""

    kind: str
    field: str = ""
    label: str = ""
    params: Mapping[str, Any] = made_with(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is split by. `filters`: label → Lucene query, for kind `filters`."""

    kind: str
    field: str = ""
    label: str = ""
    params: Mapping[str, Any] = made_with(default_factory=dict)
    filters: Mapping[str, str] = made_with(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Panel:
    """One visualization. `question` is what it answers; `query` is Lucene; `colors` maps a label to a colour.

    `by_first_metric`: a table's rows are shown by it where its only bucket has another order.
    """

    name: str
    title: str
    question: str
    pattern: Pattern
    draw: Draw
    metrics: tuple[Metric, ...]
    buckets: tuple[Bucket, ...] = ()
    query: str = ""
    colors: Mapping[str, str] = made_with(default_factory=dict)
    options: Mapping[str, Any] = made_with(default_factory=dict)
    by_first_metric: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A saved search: the documents themselves, newest first."""

    name: str
    title: str
    question: str
    pattern: Pattern
    columns: tuple[str, ...]
    query: str = ""


@dataclass(frozen=True, slots=True)
class Control:
    """A filter of a dashboard: the values of one field."""

    field: str
    label: str


@dataclass(frozen=True, slots=True)
class Place:
    """Something on a dashboard; 48 columns are its width, a row is 20 pixels high."""

    shown: Panel | Search
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard. `counts` says how it counts; `rows` are laid out from left to right, one below the other.

    `next` names the dashboards that one goes to from here.
    """

    name: str
    title: str
    answers: str
    counts: str
    pattern: Pattern
    controls: tuple[Control, ...]
    rows: tuple[tuple[Place, ...], ...]
    next: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Of the saved object."""
        return f"{PREFIX}-{self.name}"
