"""Channels from the command line: what is shown of live samples, and that a broken stream goes on."""

import json
from typing import Any

import pytest
from small_gateway import Answer
from test_cli import run

from fairway.cli import session
from fairway.cli.channels import LiveValues

PATH = "GET /channels/stream"


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setattr(session.console, "_width", 200)


def sample(value: Any, ts: int = 1_767_225_600_123_456_789, **more: Any) -> dict[str, Any]:
    return {
        "backend": "training",
        "name": "7/loss",
        "type": "f64",
        "ts": str(ts),
        "value": value,
        "pulse_id": 4,
        **more,
    }


def event(number: int, *samples: dict[str, Any], name: str = "samples") -> bytes:
    data = json.dumps({"samples": samples} if samples else {})
    return f"event: {name}\ndata: {data}\nid: {number}\n\n".encode()


def test_samples_are_shown_and_a_broken_stream_goes_on_after_the_last_one(at_home):
    begin = event(4, name="position") + event(5, sample(0.75), sample(0.25))
    at_home.on(PATH, Answer(body=begin), Answer(body=event(7, sample(0.5), sample("warm", name="7/state"))))
    shown = run("channels", "watch", "7/loss", "7/state", "--backend", "training", "--count", "4")
    assert "4 samples" in shown
    line = next(line for line in shown.splitlines() if "training/7/loss" in line)
    assert [cell.strip() for cell in line.strip("│ ").split("│")] == [
        "training/7/loss", "00:00:00.123", "4", "0.5", "0.25", "0.75", "3",
    ]  # fmt: skip
    first, again = at_home.asked[-2:]
    resumed = [
        {key.lower(): value for key, value in one.headers.items()}.get("last-event-id") for one in (first, again)
    ]
    assert resumed == [None, "5"]
    assert again.query["backend"] == "training"


def test_a_gap_is_told(at_home):
    at_home.on(PATH, Answer(body=event(9, name="resync") + event(10, sample(1.5))))
    assert "1 gaps: read the curve again" in run("channels", "watch", "7/loss", "--count", "1")


def test_a_channel_that_does_not_exist_is_an_error(at_home):
    at_home.on(PATH, Answer(404, {"detail": "There is no such channel."}))
    assert "There is no such channel." in run("channels", "watch", "x", code=1)


@pytest.mark.parametrize(("value", "cell"), [
    ({"id": 2, "desc": "idle"}, "idle"), ([1, 2], "[2 numbers]"), ("NaN", "NaN"), (True, "True"), (None, ""),
])  # fmt: skip
def test_every_kind_of_value_has_a_text(value: Any, cell: str):
    from fairway.channels import LiveSample

    shown = LiveValues()
    shown.take(LiveSample.model_validate(sample(value)))
    assert list(shown.table().columns[3].cells) == [cell]
