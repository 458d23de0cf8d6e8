"""Which errors are outages, and that none of them costs an attempt, however long it lasts."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
import toy
from nats.errors import NoServersError
from sqlalchemy.exc import OperationalError
from toy import CallOut

from kit.errors import Invalid, Misconfigured, Unavailable
from kit.jobs.context import MAX_ATTEMPTS, JobContext
from kit.jobs.heartbeats import Superseded, while_beating
from kit.jobs.reaper import Reaper, SilentRows
from kit.messaging.delivery.failures import POLICIES, Rule, WorkerShutdown
from kit.outages import describe_outage, is_outage, until_database_answers
from kit.testing import MAPPER, Caller, eventually

AWAY = Unavailable("store_unavailable", "The object store is not reachable.")
LOST = psycopg.OperationalError("server closed the connection unexpectedly")


class Alone(Exception):
    """Of a library that does not know us."""

    outage = True


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (AWAY, True), (LOST, True), (OperationalError("select", {}, LOST), True), (NoServersError(), True),
        (ConnectionRefusedError(), True), (Alone(), True), (ExceptionGroup("both", [AWAY, LOST]), True),
        (ExceptionGroup("mixed", [AWAY, ValueError()]), False), (ValueError(), False), (Invalid("wrong"), False),
        (Misconfigured("storage_error", "The object store refused the request."), False), (FileNotFoundError(), False),
    ],
)  # fmt: skip
def test_what_is_an_outage(error: Exception, outage: bool):
    assert is_outage(error) is outage
    context = JobContext(None, None, None, None, "toy", MAX_ATTEMPTS)  # type: ignore[arg-type]
    assert context.gives_up(error) is not outage, "the last attempt is no exception"


def test_a_worker_that_goes_has_not_failed():
    context = JobContext(None, None, None, None, "toy", MAX_ATTEMPTS)  # type: ignore[arg-type]
    assert not context.gives_up(WorkerShutdown())
    assert not context.gives_up(asyncio.CancelledError())


def test_whoever_waits_is_told_what_is_away():
    assert describe_outage(AWAY) == "The object store is not reachable."
    assert describe_outage(LOST) == "The database is not reachable."
    assert describe_outage(NoServersError()) == "The message bus is not reachable."


async def test_a_database_is_waited_for_and_nothing_else():
    errors: list[Exception] = [LOST, LOST, AWAY]

    async def write() -> None:
        raise errors.pop(0)

    with pytest.raises(Unavailable):
        await until_database_answers(write)
    assert errors == []


async def test_work_ends_when_its_row_is_another_workers():
    signs = [True, True, False]

    async def beat() -> bool:
        return signs.pop(0)

    async with asyncio.timeout(5):
        with pytest.raises(Superseded):
            await while_beating(asyncio.sleep(3600), beat, interval=0.01)
    assert signs == []


async def test_an_error_of_the_work_comes_through():
    async def broken() -> None:
        raise ValueError

    async def beat() -> bool:
        return True

    with pytest.raises(ValueError):  # noqa: PT011
        await while_beating(broken(), beat)


def test_silence_takes_two_looks_and_no_failure_between():
    silence, sign = SilentRows(apart=0.0), (7, datetime.now(UTC))
    silence.apart = 3600
    assert silence.confirmed([sign]) == set()
    silence.apart = 0
    assert silence.confirmed([sign]) == {sign}
    silence.forget()
    silence.apart = 3600
    assert silence.confirmed([sign]) == set()
    later = (7, datetime.now(UTC))
    silence.confirmed([later])
    silence.apart = 1e-9
    assert silence.confirmed([sign]) == set(), "whoever gave a sign meanwhile begins anew"


@pytest.mark.live
async def test_a_command_that_meets_a_long_outage_is_done_afterwards(running, caller: Caller, monkeypatch):
    """More deliveries than a message has attempts, each of which waited in vain."""
    quick = {**POLICIES["messages"].rules, "outage": Rule("redeliver", (0.05,), is_attempt=False)}
    monkeypatch.setitem(POLICIES, "messages", replace(POLICIES["messages"], rules=quick, max_wait=0.0))
    name = f"away-{uuid4().hex[:8]}"
    toy.outages[name] = POLICIES["messages"].max_attempts + 2
    verdict = await caller.bus.send(CallOut(name=name), MAPPER, wait=30)
    assert verdict is not None
    assert verdict.status == "accepted"
    assert toy.outages[name] == 0


@pytest.mark.live
async def test_rows_are_revived_when_no_job_waits(running, caller: Caller):
    sign, revived = (1, datetime.now(UTC)), []

    async def silent(_) -> list:
        return [sign]

    async def revive(one, tx) -> bool:
        revived.append(one)
        return True

    reaper = Reaper("items", "interactive", silent, revive, SilentRows(apart=0))
    await caller.bus.js.purge_stream("JOBS")
    name = f"waits-{uuid4().hex[:8]}"
    await caller.send(CallOut(name=name))
    await eventually(lambda: _waits(caller))
    assert (await reaper.look(running), revived) == (0, []), "a worker may yet take it"
    await caller.bus.js.purge_stream("JOBS")
    assert (await reaper.look(running), revived) == (1, [sign])


async def _waits(caller: Caller) -> bool:
    return (await caller.bus.js.consumer_info("JOBS", "toy-jobs-v1")).num_pending > 0
