"""The event stream and the waits that stand on it."""

from itertools import islice

import pytest
from client_samples import dataset, prediction, stream, training
from small_gateway import Answer

from fairway import ApiError, events, polling
from fairway.errors import OperationFailed
from fairway.events import parse

STREAM = {"content-type": "text/event-stream"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(events, "RECONNECT_DELAY", 0.01)
    monkeypatch.setattr(polling, "POLL_INTERVAL", 0.1)


def test_format_of_the_stream():
    lines = [
        ": comment",
        "",
        "id:7",
        "event: a.b",
        'data: {"x":',
        "data: 1}",
        "retry: 5",
        "",
        "data: [2]",
        "",
        "data: 3",
    ]
    first, second = parse(iter(lines))
    assert (first.name, first.data, first.id) == ("a.b", {"x": 1}, "7")
    assert (second.name, second.data, second.id) == ("message", [2], None)


def test_stream_goes_on_where_it_was_cut(fairway, gateway):
    gateway.on("GET /events", Answer(body=stream(("a", "{}"), ("b", "{}")), headers=STREAM),
               None, Answer(503, {}), Answer(body=stream(("c", "{}")), headers=STREAM))  # fmt: skip
    assert [event.name for event in islice(events.stream(fairway.transport.http), 3)] == ["a", "b", "c"]
    assert [asked.headers.get("last-event-id") for asked in gateway.asked][:4] == [None, "2", "2", "2"]


def test_stream_that_is_refused_ends(fairway, gateway):
    gateway.on("GET /events", Answer(401, {}))
    with pytest.raises(ApiError):
        next(events.stream(fairway.transport.http))


def test_wait_ends_with_the_row_and_tells_of_its_events_only(fairway, gateway):
    told = stream(("live.training.v1.run_progress", '{"training_id": 9, "what": "step"}'),
                  ("evt.training.v1.training_completed", '{"training_id": 8}'))  # fmt: skip
    gateway.on("GET /events", Answer(body=told, headers=STREAM), None)
    gateway.on("GET /trainings/9/", Answer(body=training(status="running")), Answer(body=training(status="running")),
               Answer(body=training()))  # fmt: skip
    seen = []
    row = fairway.wait(fairway.trainings, "training_id", 9, seen.append, limit=20)
    assert row.status == "completed"
    assert {event.data["training_id"] for event in seen} <= {9}


def test_bad_end_is_raised_with_its_reason(fairway, gateway):
    gateway.on("GET /events", None)
    gateway.on("GET /datasets/5/", Answer(body=dataset(status="failed", error="No label found.")))
    with pytest.raises(OperationFailed, match="No label found"):
        fairway.wait(fairway.datasets, "dataset_id", 5, limit=20)


def test_prediction_has_ended_when_its_results_are_ready(fairway, gateway):
    gateway.on("GET /events", None)
    gateway.on("GET /predictions/31/", Answer(body=prediction(results_ready=False)), Answer(body=prediction()))
    assert fairway.wait(fairway.predictions, "prediction_id", 31, limit=20).results_ready
    assert gateway.paths("GET").count("/predictions/31/") >= 2


def test_wait_has_a_limit(fairway, gateway):
    gateway.on("GET /events", None)
    gateway.on("GET /datasets/5/", Answer(body=dataset(status="building")))
    with pytest.raises(TimeoutError, match="dataset_id 5"):
        fairway.wait(fairway.datasets, "dataset_id", 5, limit=0.3)
