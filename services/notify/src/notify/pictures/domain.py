"""What is drawn: panels with curves, at their places. Times are in seconds since the epoch."""

from dataclasses import dataclass, field

PanelBox = tuple[int, int, int, int]
"""Column, row, width and height in cells of the grid."""
Number = float | None


@dataclass
class Line:
    """A curve. `lows` and `highs` are the band around it, empty for none. `shape` is that of `curveShape`."""

    label: str
    times: list[float]
    values: list[Number]
    lows: list[Number] = field(default_factory=list[Number])
    highs: list[Number] = field(default_factory=list[Number])
    color: str = ""
    axis: str = "y1"
    shape: str = "linear"
    with_line: bool = True
    with_points: bool = False


@dataclass
class Axis:
    """None: as the curves need it."""

    label: str = ""
    low: float | None = None
    high: float | None = None
    is_log: bool = False


@dataclass
class Panel:
    """`words` say what cannot be drawn, and stand in the middle of a panel without curves."""

    title: str
    box: PanelBox
    lines: list[Line] = field(default_factory=list[Line])
    axes: dict[str, Axis] = field(default_factory=dict[str, Axis])
    words: list[str] = field(default_factory=list[str])


@dataclass
class Mark:
    """`end` is None for a moment."""

    begin: float
    end: float | None
    text: str


@dataclass
class Sheet:
    """One picture. `notes` stand below it. Width and height are in pixels."""

    title: str
    kind: str
    width: int
    height: int
    begin: float
    end: float
    panels: list[Panel]
    marks: list[Mark] = field(default_factory=list[Mark])
    notes: list[str] = field(default_factory=list[str])
