"""Turns dashboards, or a list of channels, and the data of their curves into what is drawn."""

from collections.abc import Iterable
from typing import Any

from contracts.notify.annotations import Annotation
from contracts.notify.pictures import MAX_CURVES, MAX_PANELS, ChannelCurve, CurveData, Options
from notify.pictures.data import Wanted
from notify.pictures.domain import Axis, Line, Mark, Number, Panel, PanelBox, Sheet
from notify.pictures.panel_boxes import boxes_of

NS = 1e9
ROW, HEAD, MAX_HEIGHT = 64, 90, 4_000
"""Pixels of a row of panels, of title and notes, and of a whole picture."""
MAX_LABEL = 80
Curves = dict[Wanted, ChannelCurve]


def panels_of(dto: Any) -> list[dict[str, Any]]:
    """Returns the widgets of a content, of one that was stored unchecked those that look like widgets."""
    inside = dto.get("dashboard") if isinstance(dto, dict) else None
    widgets = inside.get("widgets") if isinstance(inside, dict) else None
    return [one for one in widgets if isinstance(one, dict)] if isinstance(widgets, list) else []


def channels_in(widget: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the channels of a widget."""
    found = widget.get("channels")
    known = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [one for one in known if isinstance(one.get("name"), str)]


def wanted_of(dto: Any) -> list[Wanted]:
    """Returns the channels of the panels that are drawn."""
    return [
        wanted_channel(channel) for widget in panels_of(dto)[:MAX_PANELS]
        for channel in channels_in(widget)[:MAX_CURVES]
    ]  # fmt: skip


def wanted_channel(channel: dict[str, Any]) -> Wanted:
    backend = channel.get("backend")
    return channel["name"], backend if isinstance(backend, str) and backend else None


def dashboard_sheet(dto: Any, data: CurveData, title: str, options: Options, notes: Iterable[str] = ()) -> Sheet:
    """Returns the sheet of a dashboard whose placeholders have their values."""
    widgets, curves = panels_of(dto), {(one.name, one.backend): one for one in data.curves}
    shown = widgets[:MAX_PANELS]
    panels = [
        _panel(widget, box, curves)
        for widget, box in zip(shown, boxes_of([one.get("layout") for one in shown]), strict=True)
    ]
    said = [f"{len(widgets) - MAX_PANELS} more panels are not drawn"] if len(widgets) > MAX_PANELS else []
    if not panels:
        panels = [Panel("", (0, 0, 1, 4), words=["This dashboard has no panels."])]
    rows = max(panel.box[1] + panel.box[3] for panel in panels)
    return _sheet(title, data, options, min(HEAD + rows * ROW, MAX_HEIGHT), panels, [*said, *notes])


def channels_sheet(data: CurveData, title: str, height: int, options: Options) -> Sheet:
    """Returns one panel with all curves."""
    panel = Panel("", (0, 0, 1, 1))
    for curve in data.curves:
        _add(panel, curve, {})
    _label_axes(panel, {"y1": [one for one in data.curves if one.keys]})
    return _sheet(title, data, options, height, [panel], [])


def _sheet(
    title: str, data: CurveData, options: Options, height: int, panels: list[Panel], notes: list[str]
) -> Sheet:  # fmt: skip
    if data.more_annotations:
        notes = [*notes, f"only the newest {len(data.annotations)} annotations are marked"]
    marks = [_mark(one, data.end_ms) for one in data.annotations]
    return Sheet(
        _label(title),
        options.kind,
        options.width,
        height,
        data.begin_ms / 1000,
        data.end_ms / 1000,
        panels,
        marks,
        notes,
    )


def _mark(found: Annotation, end_ms: int) -> Mark:
    """A region that goes on ends with the picture."""
    return Mark(found.begin / 1000, None if found.end is None else min(found.end, end_ms) / 1000, _label(found.text))


def _panel(widget: dict[str, Any], box: PanelBox, curves: Curves) -> Panel:
    settings = _object(widget.get("plotSettings"))
    panel = Panel(_label(_text(settings.get("plotTitle"))), box)
    channels, attributes = channels_in(widget), _attributes(settings)
    by_axis: dict[str, list[ChannelCurve]] = {}
    for channel in channels[:MAX_CURVES]:
        wanted = wanted_channel(channel)
        given = attributes.get(wanted, {})
        curve = curves.get(wanted, ChannelCurve(name=wanted[0], backend=wanted[1], problem="It was not read."))
        _add(panel, curve, given)
        by_axis.setdefault(_axis(given), []).append(curve)
    if len(channels) > MAX_CURVES:
        panel.words.append(f"{len(channels) - MAX_CURVES} more curves are not drawn")
    if not channels:
        panel.words.append("This panel has no channels.")
    _label_axes(panel, by_axis)
    _limit_axes(panel, settings.get("yAxisAttributes"))
    return panel


def _add(panel: Panel, curve: ChannelCurve, given: dict[str, Any]) -> None:
    if curve.problem:
        panel.words.append(curve.problem)
        return
    mode = given.get("curveMode")
    panel.lines.append(
        Line(
            _label(_text(given.get("displayLabel")) or curve.name),
            [key / NS for key in curve.keys],
            curve.values,
            *_band(curve),
            color=_text(given.get("color")),
            axis=_axis(given),
            shape=_text(given.get("curveShape")) or "linear",
            with_line=not isinstance(mode, str) or "lines" in mode or "markers" not in mode,
            with_points=isinstance(mode, str) and "markers" in mode,
        )
    )


def _band(curve: ChannelCurve) -> tuple[list[Number], list[Number]]:
    return (curve.mins, curve.maxs) if any(one is not None for one in curve.mins) else ([], [])


def _label_axes(panel: Panel, by_axis: dict[str, list[ChannelCurve]]) -> None:
    """The unit stands at the axis when all of its curves have the same one, and in the legend otherwise."""
    for axis, curves in by_axis.items():
        units = {curve.unit for curve in curves if curve.keys}
        if len(units) == 1:
            panel.axes[axis] = Axis(label=_label(units.pop()))
            continue
        named = iter([curve.unit for curve in curves if curve.keys])
        for line in (one for one in panel.lines if one.axis == axis):
            unit = next(named, "")
            line.label += f" [{_label(unit)}]" if unit else ""


def _limit_axes(panel: Panel, given: Any) -> None:
    for one in given if isinstance(given, list) else ():
        axis = panel.axes.setdefault(_text(_object(one).get("label")), Axis())
        axis.label = _label(_text(_object(one).get("displayLabel"))) or axis.label
        axis.low, axis.high = (_number(_object(one).get(name)) for name in ("min", "max"))
        axis.is_log = _object(one).get("scaling") == "log"


def _attributes(settings: dict[str, Any]) -> dict[Wanted, dict[str, Any]]:
    """Returns what is said of curves by their channel; keys of the map need not be names."""
    found = [_object(one) for one in _object(settings.get("curveAttributes")).values()]
    named = [(one, _object(one.get("channel"))) for one in found]
    return {wanted_channel(channel): one for one, channel in named if isinstance(channel.get("name"), str)}


def _axis(given: dict[str, Any]) -> str:
    axis = given.get("axisAssignment")
    return axis if axis in ("y2", "y3", "y4") else "y1"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _label(text: str) -> str:
    """Shortens a text from others, without what SVG cannot hold."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= MAX_LABEL else text[: MAX_LABEL - 1] + "…"


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
