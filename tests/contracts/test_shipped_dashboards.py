"""The dashboards that are shipped are valid, and made of channels that the platform records."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.contracts.rooms import services

DASHBOARDS = Path(__file__).parents[2] / "deploy" / "dashboards"
FILES = sorted(DASHBOARDS.glob("*.json"))
SCHEMA = files("notify") / "dashboards/schema/dashboarddto.schema.json"
METRICS = ("train_loss", "val_loss", "done")
"""What the models of this repository report after each epoch."""


def recorded() -> set[tuple[str, str]]:
    """Backend and name of channels that are always there, and of those of the run that a page chooses."""
    durables = [one for service in services().values() for one in service.durables]
    waits = {("queues", f"JOBS/{one.name}/wait") for one in durables if one.group.stream == "JOBS"}
    pending = {("queues", f"{one.group.stream}/{one.name}/pending") for one in durables}
    rates = {("services", f"{name}/events_per_second") for name in services()}
    return waits | pending | rates | {("training", f"${{run}}/{metric}") for metric in METRICS}


def channels(dashboard: Any) -> list[dict[str, Any]]:
    return [channel for widget in dashboard["dashboard"]["widgets"] for channel in widget["channels"]]


def test_the_four_are_there():
    assert [path.stem for path in FILES] == ["bus", "platform-overview", "training", "workers"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_shipped_dashboard_is_valid_and_shows_what_there_is(path):
    dashboard = json.loads(path.read_text())
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(dashboard)
    assert {(one["backend"], one["name"]) for one in channels(dashboard)} <= recorded()
    ids = [widget["layout"]["i"] for widget in dashboard["dashboard"]["widgets"]]
    assert len(set(ids)) == len(ids)
    for widget in dashboard["dashboard"]["widgets"]:
        assert {one["channel"]["name"] for one in widget["plotSettings"]["curveAttributes"].values()} == {
            one["name"] for one in widget["channels"]
        }


def test_every_durable_is_shown_on_the_bus():
    shown = {one["name"] for one in channels(json.loads((DASHBOARDS / "bus.json").read_text()))}
    assert shown == {name for backend, name in recorded() if backend == "queues" and name.endswith("/pending")}
