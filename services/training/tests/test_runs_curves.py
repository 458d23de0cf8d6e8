"""Epochs become channels; those of a training that strangers may not see are its owner's."""

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from contracts.training import ReportEpoch
from kit.outages import until_database_answers
from kit.telemetry.samples import SampleBuffer
from training.runs.jobs.curves import Curves


class Job:
    """What a job has of the platform: the buffer of its process, and a database in which the training is public or
    not."""

    def __init__(self, public: bool, away: int = 0) -> None:
        """The database is away for the first `away` questions."""
        self.bus = SimpleNamespace(samples=SampleBuffer(cast("Any", None), "training"))
        self.public, self.asked, self.away = public, 0, away

    async def write(self, change: Callable[[Any], Awaitable[bool]]) -> bool:
        return await until_database_answers(lambda: change(SimpleNamespace(session=self)))

    async def scalar(self, statement: Any) -> int | None:
        self.asked += 1
        if self.asked <= self.away:
            raise psycopg.OperationalError("terminating connection")
        return 7 if self.public else None


def epoch(number: int, attempt: int = 1, **values: float | None) -> ReportEpoch:
    return ReportEpoch(training_id=7, attempt=attempt, epoch=number, epochs=9, values=values)


@pytest.mark.parametrize(
    ("public", "channel"), [(True, ("training", "7/loss")), (False, ("user-5", "training/7/loss"))]
)
async def test_a_curve_is_read_by_those_who_see_the_training(public: bool, channel: tuple[str, str]):
    job = Job(public)
    curves = Curves(7, 5, cast("Any", job))
    for number in (1, 2):
        await curves.record(epoch(number, loss=1 / number))
    sent = job.bus.samples.waiting
    assert [(one["backend"], one["name"]) for one in sent] == [channel] * 2
    assert [(one["pulse_id"], one["value"]) for one in sent] == [(1, 1.0), (2, 0.5)]
    assert job.asked == 1


async def test_a_database_that_is_away_ends_no_run():
    job = Job(public=True, away=1)
    await Curves(7, 5, cast("Any", job)).record(epoch(1, loss=0.5))
    assert [one["name"] for one in job.bus.samples.waiting] == ["7/loss"]


async def test_attempts_have_curves_of_their_own_and_a_run_that_diverges_shows_it():
    job = Job(public=True)
    await Curves(7, 5, cast("Any", job)).record(epoch(1, attempt=2, loss=None, accuracy=0.5))
    assert {one["name"]: one["value"] for one in job.bus.samples.waiting} == {"7-2/loss": "NaN", "7-2/accuracy": 0.5}


async def test_a_metric_whose_name_no_channel_can_have_is_left_out(caplog):
    job = Job(public=True)
    await Curves(7, 5, cast("Any", job)).record(epoch(1, **{"a\nb": 1.0, "ok": 2.0}))
    assert [one["name"] for one in job.bus.samples.waiting] == ["7/ok"]
    assert "sample.dropped" in caplog.text
