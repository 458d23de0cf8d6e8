"""Tables, bars, the loss curve."""

import io

import pytest
from client_samples import dataset
from rich.console import Console

from fairway.cli.datasets import polygons
from fairway.cli.display import ProgressDisplay, curve, figure, table, watch
from fairway.errors import OperationFailed
from fairway.events import ServerEvent
from fairway.rows import Dataset

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=120, force_terminal=False)


def text(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_table_shows_what_people_wrote_as_they_wrote_it(screen):
    rows = [Dataset(**dataset(title="[red]roofs[/nonsense]", status="failed"))]
    screen.print(table("Datasets", ("id", "title", "status", "created_at"), rows))
    assert "[red]roofs[/nonsense]" in text(screen)
    assert "2026-10-01 08:00" in text(screen)


def test_curve_wants_two_epochs():
    assert curve([{"train_loss": 1.0}]) == ""
    assert curve([{"accuracy": 1.0}, {"accuracy": 1.0}]) == ""
    assert "train_loss" in curve([{"train_loss": 1.0}, {"train_loss": 0.5, "val_loss": 0.7}])


def test_values_that_are_not_defined_are_said_and_leave_a_gap():
    drawn = curve([{"train_loss": 1.0, "val_loss": None}, {"train_loss": None, "val_loss": None}, {"train_loss": 0.5}])
    assert "train_loss was not defined in 1 of 3 epochs" in drawn
    assert "val_loss was not defined in 2 of 3 epochs" in drawn
    assert curve([{"val_loss": None}] * 2) == "val_loss was not defined in 2 of 2 epochs"
    shown = [figure(value) for value in (None, 0.5, 3, True, {"roof": 1})]
    assert shown == ["not defined", "0.500", "3.000", "True", "{'roof': 1}"]


def test_epoch_that_is_not_defined_is_drawn(screen):
    display = ProgressDisplay()
    for epoch, loss in ((1, 0.5), (2, None)):
        values = {"train_loss": loss, "val_loss": None}
        display.on_event(progress({"what": "epoch", "data": {"epoch": epoch, "epochs": 2, "values": values}}))
    screen.print(display)
    assert "train_loss not defined" in text(screen)


def progress(data: dict) -> ServerEvent:
    return ServerEvent("live.x.v1.progress", data)


def test_stages_epochs_and_log_lines_are_drawn(screen):
    events = [
        progress({"stage": "chips", "done": 3, "total": 12}), None,
        progress({"stage": "chips", "done": 12, "total": 12}),
        progress({"what": "epoch", "data": {"epoch": 2, "epochs": 4, "values": {"train_loss": 0.25, "name": "x"}}}),
        progress({"what": "progress", "data": {"done": 1, "total": 2}}),
        progress({"what": "log", "data": {"message": "[warm] up"}}), progress({"what": "step", "data": {}}),
        ServerEvent("resync", {}),
    ]  # fmt: skip
    watch(screen, events)
    shown = text(screen)
    for words in ("chips", "12/12", "epochs", "2/4", "train_loss 0.250", "work", "1/2", "[warm] up"):
        assert words in shown, words


def test_bad_end_is_the_last_line(screen):
    def events():
        yield None
        raise OperationFailed("No label found.")

    with pytest.raises(OperationFailed):
        watch(screen, events())
    assert "No label found." in text(screen)


def test_losses_are_kept_for_the_curve():
    display = ProgressDisplay()
    for epoch in (1, 2):
        display.on_event(progress({"what": "epoch", "data": {"epoch": epoch, "epochs": 2, "train_loss": 1 / epoch}}))
    assert [values["train_loss"] for values in display.epochs] == [1.0, 0.5]


@pytest.mark.parametrize(("document", "number"), [
    (SQUARE, 1), ({"type": "Feature", "geometry": SQUARE}, 1), ({"type": "Point", "coordinates": [1, 2]}, 0),
    ({"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]] * 2}, 2), ([], 0), ({}, 0),
    ({"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": SQUARE}] * 3}, 3),
    ({"type": "Feature", "geometry": None}, 0),
])  # fmt: skip
def test_polygons_of_any_document(document, number):
    assert len(polygons(document)) == number
