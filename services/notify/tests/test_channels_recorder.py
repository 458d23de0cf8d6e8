"""Samples over the bus and over HTTP become rows: in order, once, all that is good and nothing that is not."""

import math
from collections.abc import AsyncIterator
from itertools import count

import orjson
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from contracts import headers as h
from contracts.notify.channels import RecordSamples
from contracts.notify.samples import SUBJECT, Sample, samples_of
from contracts.verdict import Accepted, Refused
from kit.testing import ADMIN, Caller, eventually
from notify.channels.recorder.batches import Versioned
from notify.channels.recorder.usecases import record

T0 = 1_700_000_000_000_000_000
runs = count(1)
ROWS = (
    "select ts, pulse_id, number, text, elements from channels.channel_sample join channels.channel_series s"
    " on s.id = series_id where name = %s order by ts"
)


@pytest.fixture
def run() -> str:
    return f"recorder-{next(runs)}"


async def rows(running, name: str) -> list[tuple]:
    async with running.db.raw() as connection:
        return await (await connection.execute(ROWS, (name,))).fetchall()


async def series(running, prefix: str) -> list[tuple]:
    async with running.db.raw() as connection:
        found = await connection.execute(
            "select name, type, shape, unit, source, first_ts, last_ts from channels.channel_series"
            " where name like %s order by id", (f"{prefix}%",),
        )  # fmt: skip
        return await found.fetchall()


async def say(caller: Caller, *samples: dict, **headers: str) -> None:
    await caller.bus.js.publish(SUBJECT, orjson.dumps({"samples": samples}), headers=headers or None)


@pytest_asyncio.fixture
async def dead(caller: Caller) -> AsyncIterator[list[Msg]]:
    heard = list[Msg]()

    async def keep(msg: Msg) -> None:
        heard.append(msg)

    subscription = await caller.bus.nc.subscribe("dead.notify", cb=keep)
    yield heard
    await subscription.unsubscribe()


async def test_each_form_of_value_is_stored_and_channels_are_numbered_as_they_appear(running, caller: Caller, run: str):
    values = {
        "d": (0.5, (T0, 3, 0.5, None, None)), "a": (True, (T0, 3, 1.0, None, None)),
        "c": ("warm", (T0, 3, None, "warm", None)), "b": ({"id": 2, "desc": "idle"}, (T0, 3, 2.0, "idle", None)),
        "e": ([1, 2.5], (T0, 3, None, None, [1.0, 2.5])),
    }  # fmt: skip
    body = [{"name": f"{run}/{name}", "ts": T0, "value": value, "pulse_id": 3} for name, (value, _) in values.items()]
    await say(caller, *body, {**body[0], "ts": T0 + 1, "type": "f64", "value": "NaN", "pulse_id": None, "unit": "m"})
    await eventually(lambda: rows(running, f"{run}/e"))
    for name, (_, row) in values.items():
        assert (await rows(running, f"{run}/{name}"))[0] == row
    last = (await rows(running, f"{run}/d"))[1]
    assert last[:2] == (T0 + 1, None)
    assert math.isnan(last[2])
    found = await series(running, f"{run}/")
    assert [(name.removeprefix(f"{run}/"), kind) for name, kind, *_ in found] == [
        ("d", "f64"), ("a", "bool"), ("c", "string"), ("b", "enum"), ("e", "f64"),
    ]  # fmt: skip
    assert found[0][2:] == ([], "m", "", T0, T0 + 1)
    assert found[4][2] == [2]


async def test_the_later_of_two_values_counts_and_a_repeated_message_changes_nothing(running, caller: Caller, run: str):
    one = {"name": run, "ts": T0, "value": 1.0, "unit": "m", "source": "tests"}
    last = {**one, "ts": T0 + 1, "unit": ""}
    await say(caller, one, {**one, "value": 2.0}, last, {**last, "value": 1.25})
    await say(caller, {**one, "value": 3.0}, {**one, "ts": T0 - 1, "value": [1.0, 2.0], "source": ""})
    await say(caller, {**one, "name": f"{run}/end"})
    await eventually(lambda: rows(running, f"{run}/end"))
    expected = [(T0 - 1, None, None, None, [1.0, 2.0]), (T0, None, 3.0, None, None), (T0 + 1, None, 1.25, None, None)]
    assert await rows(running, run) == expected
    assert await series(running, run) == [
        (run, "f64", [], "m", "tests", T0 - 1, T0 + 1), (f"{run}/end", "f64", [], "m", "tests", T0, T0),
    ]  # fmt: skip


async def test_a_message_that_comes_again_late_does_not_bring_an_old_value_back(running, run: str):
    def message(version: int, value: float) -> Versioned:
        return Versioned(version, samples_of({"samples": [{"name": run, "ts": T0, "value": value}]}))

    async with running.db.raw() as connection:
        for version, value in ((5, 1.0), (9, 2.0), (5, 1.0)):
            async with connection.transaction():
                await record(connection, [message(version, value)])
    assert await rows(running, run) == [(T0, None, 2.0, None, None)]


async def test_samples_in_sealed_time_are_marked(running, run: str):
    def message(*times: int) -> Versioned:
        return Versioned(1, [Sample("platform", run, "f64", ts, None, 1.0, None, None) for ts in times])

    marked = (
        "select ts from channels.late_sample join channels.channel_series s on s.id = series_id where name = %s order"
        " by ts"
    )
    async with running.db.raw() as connection:
        async with connection.transaction():
            await record(connection, [message(T0, T0 + 100)])
        sealed = "update channels.channel_series set sealed_until = %s where name = %s"
        await connection.execute(sealed, (T0 + 50, run))
        async with connection.transaction():
            await record(connection, [message(T0, T0 + 49, T0 + 50, T0 + 101)])
        found = await (await connection.execute(marked, (run,))).fetchall()
    assert found == [(T0,), (T0 + 49,)]
    assert [row[0] for row in await rows(running, run)] == [T0, T0 + 49, T0 + 50, T0 + 100, T0 + 101]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"samples": [', "no JSON"), (b'{"samples": [{"name": "x", "ts": 1, "value": NaN}]}', "no JSON"),
     (b'{"samples": []}', "samples must be a list of 1 to 10000 samples"),
     (b'{"samples": [{"name": "RUN", "ts": 1, "value": 1}, {"name": "7", "ts": 1, "value": 1}]}',
      "samples.1.name must not consist of digits only")],
)  # fmt: skip
async def test_a_bad_message_is_a_dead_letter_with_its_reason_and_stores_nothing(
    running, caller: Caller, dead: list[Msg], run: str, body: bytes, reason: str
):
    await caller.bus.js.publish(SUBJECT, body.replace(b"RUN", run.encode()))
    await say(caller, {"name": f"{run}/good", "ts": T0, "value": 1.0})
    await eventually(lambda: rows(running, f"{run}/good"))
    letter = await eventually(lambda: dead and dead[0])
    assert (letter.headers or {})[h.REASON].startswith(reason)
    assert not await rows(running, run)
    info = await eventually(lambda: _idle(caller))
    assert info.num_redelivered == 0


async def _idle(caller: Caller):
    info = await caller.bus.js.consumer_info("CHANNELS", "notify-samples-v1")
    return info if not info.num_ack_pending and not info.num_pending else None


async def test_samples_over_http_are_stored_before_the_answer_and_shown_to_open_streams(
    running, caller: Caller, run: str
):
    shown = list[Msg]()

    async def keep(msg: Msg) -> None:
        shown.append(msg)

    subscription = await caller.bus.nc.subscribe(SUBJECT, cb=keep)
    body = [{"name": f"{run}/{number % 2}", "ts": T0 + number, "value": [0.5] * 3000} for number in range(30)]
    verdict = await caller.send(RecordSamples(samples=body), ADMIN)
    assert isinstance(verdict, Accepted), verdict
    assert verdict.result == {"accepted": 30, "channels_created": 2}
    assert len(await rows(running, f"{run}/0")) == 15
    await eventually(lambda: sum(len(orjson.loads(msg.data)["samples"]) for msg in shown) == 30)
    await eventually(lambda: _idle(caller))
    assert [one for msg in shown for one in orjson.loads(msg.data)["samples"]] == body
    await subscription.unsubscribe()


async def test_samples_over_http_are_stored_all_or_none(running, caller: Caller, run: str):
    body = [{"name": run, "ts": T0, "value": 1}, {"name": run, "ts": T0 + 1, "value": "x", "type": "i8"}]
    verdict = await caller.send(RecordSamples(samples=body), ADMIN)
    assert isinstance(verdict, Refused)
    assert verdict.detail == "samples.1.value must be an integer for the type i8"
    assert not await series(running, run)
