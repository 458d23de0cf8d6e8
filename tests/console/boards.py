"""Dashboards of one plot, as tests send them."""

from typing import Any


def dashboard(title: str, backend: str, channel: str) -> dict[str, Any]:
    names = {"backend": backend, "name": channel, "seriesId": "", "source": "", "type": "f64"}
    widget = {
        "channels": [names | {"shape": [], "unit": "", "description": ""}],
        "layout": {"i": "one", "x": 0, "y": 0, "w": 12, "h": 8, "minW": 2, "minH": 3},
        "plotSettings": {
            "plotTitle": title, "manualAxisAssignment": False, "curveAttributes": {}, "yAxisAttributes": [],
        },
    }  # fmt: skip
    return {"dashboard": {"widgets": [widget]}}
