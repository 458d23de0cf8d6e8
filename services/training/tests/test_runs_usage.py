"""What trainings have cost: entries, sums, limits."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from contracts.shared import Actor
from contracts.training import RetryTraining
from contracts.training.usage import GetUsage
from contracts.usage import UsageLimits
from kit.app import Service
from kit.errors import Forbidden
from kit.messaging.tx import Tx
from kit.testing import ADMIN, Caller
from pipelines.process_usage import ProcessUsage
from runs.usage_records import Account
from training.runs.quota import Limits
from training.runs.tables import UsageRow

from .conftest import SUFFIX, fetch, fetch_nothing, order, until

SPENDER = Actor(id=4811, username="spender")
FRUGAL = Actor(id=4812, username="frugal")
NOW = f"{datetime.now(UTC):%Y-%m}"


async def write(running: Service, account: Account, usage: ProcessUsage, stored: int = 0, name: str = "") -> None:
    tx = Tx(running.db, "training")
    (account.part(name) if name else account.process()).write(usage, tx, stored)
    await tx.commit()


@pytest_asyncio.fixture
async def spent(running: Service, known: None) -> AsyncIterator[None]:
    """Two runs of one person, the second in two attempts, and one of another person; the models were stored twice."""
    await fetch_nothing(running, "delete from run_usage")
    first, again = Account(UsageRow, 71, 1, SPENDER.id), Account(UsageRow, 72, 1, SPENDER.id)
    await write(running, first, ProcessUsage(10.5, 2.0, 500))
    for _ in range(2):
        await write(running, first, ProcessUsage(), 4000, "models")
    await write(running, again, ProcessUsage(1.0, 0.0, 900))
    await write(running, Account(UsageRow, 72, 2, SPENDER.id), ProcessUsage(2.0, 0.0, 800))
    await write(running, Account(UsageRow, 73, 1, FRUGAL.id), ProcessUsage(0.5, 0.0, 100))
    earlier = "insert into run_usage (id, user_id, month, row_id, attempt, cpu_seconds) values (%s, %s, %s, 70, 1, 7)"
    await fetch_nothing(running, earlier, uuid4(), SPENDER.id, "2024-01-01")
    yield
    await fetch_nothing(running, "delete from run_usage")


@pytest.fixture
def allow(running: Service) -> Iterator[Callable[[UsageLimits], None]]:
    limits = next(part for part in running.provides if isinstance(part, Limits))
    usual = limits.usage
    yield lambda usage: object.__setattr__(limits, "usage", usage)
    object.__setattr__(limits, "usage", usual)


def entry(**values: Any) -> dict[str, Any]:
    return {"user_id": SPENDER.id, "month": NOW, "run": None, "gpu_seconds": 0.0, "stored_bytes": 0, **values}


async def test_sums_are_by_month_and_by_run(spent, caller: Caller):
    of_now = entry(runs=2, cpu_seconds=13.5, gpu_seconds=2.0, peak_memory=900, stored_bytes=4000)
    before = entry(month="2024-01", runs=1, cpu_seconds=7.0, peak_memory=0)
    assert (await caller.ask(GetUsage(), SPENDER))["entries"] == [of_now, before]
    assert (await caller.ask(GetUsage(month="2024-01"), SPENDER))["entries"] == [before]
    of_runs = (await caller.ask(GetUsage(month=NOW, per_run=True), SPENDER))["entries"]
    assert of_runs == [
        entry(run=72, runs=1, cpu_seconds=3.0, peak_memory=900),
        entry(run=71, runs=1, cpu_seconds=10.5, gpu_seconds=2.0, peak_memory=500, stored_bytes=4000),
    ]


async def test_only_administrators_see_what_others_have_used(spent, caller: Caller):
    everyone = (await caller.ask(GetUsage(everyone=True, month=NOW), ADMIN))["entries"]
    assert [(found["user_id"], found["cpu_seconds"]) for found in everyone] == [(FRUGAL.id, 0.5), (SPENDER.id, 13.5)]
    assert len((await caller.ask(GetUsage(user_id=SPENDER.id), ADMIN))["entries"]) == 2
    for query in (GetUsage(everyone=True), GetUsage(user_id=SPENDER.id)):
        with pytest.raises(Forbidden):
            await caller.ask(query, FRUGAL)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (UsageLimits(cpu_seconds=13.5), "have used 14 of the 14 processor seconds"),
        (UsageLimits(gpu_seconds=1.0), "have used 2 of the 1 GPU seconds"),
        (UsageLimits(cpu_seconds=1000, stored_bytes=4000), "have used 4,000 of the 4,000 stored bytes"),
    ],
)
async def test_submissions_and_retries_end_at_the_limit(spent, caller: Caller, running, allow, limits, words):
    first = (await caller.send(order(model_name=f"Spender {SUFFIX}"), SPENDER)).result
    await fetch_nothing(running, "update trainings set status = 'failed' where id = %s", first["id"])
    allow(limits)
    for command in (order(model_name=f"Spender {SUFFIX}"), RetryTraining(training_id=first["id"])):
        verdict = await caller.send(command, SPENDER)
        assert (verdict.kind, verdict.code) == ("too_many", "usage_limit")
        assert words in verdict.detail
        assert 0 < verdict.facts["retry_after"] <= 31 * 86_400
    assert (await caller.ask(GetUsage(), SPENDER))["limits"] == limits.model_dump()
    assert (await caller.send(order(model_name=f"Frugal {SUFFIX}"), FRUGAL)).status == "accepted"


@pytest.mark.live
@pytest.mark.timeout(400)
async def test_a_run_is_in_the_ledger(submit, workers, caller, running):
    row = await submit(seconds=0.1)
    await until(caller, row["id"], "completed")
    sums = "sum(cpu_seconds), max(peak_memory), sum(stored_bytes)"
    found = await fetch(running, f"select user_id, {sums} from run_usage where row_id = %s group by 1", row["id"])
    user_id, cpu, memory, stored = found[0]
    assert user_id == row["user"]["osm_id"]
    assert cpu > 0.3, "what ZenML does for a run costs more"
    assert 50e6 < memory < 2e9
    assert stored == len(b"weights") + len(b"onnx")
