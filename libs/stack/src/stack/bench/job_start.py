"""Time from POST training to the first line of the worker's handler.

The worker is a real one of the service, on the real JOBS stream; its handler only reports that it was called, like an
empty task of Celery.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import nats
from aiohttp import ClientSession
from nats.aio.client import Client
from nats.aio.subscription import Subscription

from contracts.catalog.datasets import DatasetBuilt
from contracts.catalog.models import BaseModelRegistered
from contracts.training import TrainingJob
from kit.jobs.context import JobContext
from kit.messaging.envelope import SERVICE, headers_of, new_id
from kit.messaging.router import Router
from kit.testing import example
from stack.bench.load import at, client
from stack.bench.peers.servers import peers
from stack.bench.peers.starts import celery_starts
from stack.bench.rows import ROUNDS, Row, middle
from stack.bench.system import System
from stack.platform.settings import of_room
from stack.processes import Daemon
from stack.ready import http_ok

STARTED = "live.training.bench_started"
CALLS = 40
ACCEPTED = 202
Submit = Callable[[], Coroutine[Any, Any, int]]
router = Router("training")


@router.job(TrainingJob)
async def report_start(job: TrainingJob, ctx: JobContext) -> None:
    await ctx.bus.nc.publish(STARTED, str(job.training_id).encode())


def starts(system: System) -> list[Row]:
    worker = _worker(system)
    try:
        ours = _median(asyncio.run(_measure(system)))
    finally:
        worker.stop()
    with peers(system) as urls:
        url, redis = urls["FastAPI + Celery"], system.home.port("peers-redis")
        theirs = _median([asyncio.run(celery_starts(url, redis, CALLS)) for _ in range(ROUNDS)])
    name = "POST training -> worker has started, p50"
    method = f"{CALLS} one after another, idle system; {ours:.1f} to {theirs:.1f} ms"
    return [Row(name, ours, "ms", "<= 8", method), Row(f"{name}, to Celery", ours / theirs, "times", "<= 1", method)]


def _median(rounds: list[list[float]]) -> float:
    return middle([at(sorted(taken), 0.5) for taken in rounds])


def _worker(system: System) -> Daemon:
    env = of_room(system.home, system.env, "training", "bench-worker")
    ready = http_ok(f"http://127.0.0.1:{env['HTTP__PORT']}/readyz")
    argv = [sys.executable, "-m", "stack.bench.job_start"]
    return Daemon("bench-worker", argv, env={**env, "LOG_LEVEL": "WARNING"}, ready=ready, home=system.home).start()


async def _measure(system: System) -> list[list[float]]:
    connection = await nats.connect(system.env["NATS__URL"])
    known = await _publish_model_and_dataset(connection)
    subscription = await connection.subscribe(STARTED)
    async with client(system.token, raise_for_status=False) as http:
        submit = partial(_submit, http, f"{system.url}/trainings/submit/", known)
        await _accepted(submit)
        await subscription.next_msg(timeout=60)
        rounds = [[await _once(submit, subscription) for _ in range(CALLS)] for _ in range(ROUNDS)]
    await connection.close()
    return rounds


async def _submit(http: ClientSession, url: str, body: dict) -> int:
    async with http.post(url, json=body) as answer:
        await answer.read()
        return answer.status


async def _once(submit: Submit, subscription: Subscription) -> float:
    started = time.perf_counter()
    post = asyncio.create_task(submit())
    await subscription.next_msg(timeout=10)
    taken = (time.perf_counter() - started) * 1000
    if await post != ACCEPTED:
        raise ValueError("a training was not accepted")
    return taken


async def _accepted(submit: Submit) -> None:
    """Retries until the training service has received the events of model and dataset."""
    for _ in range(100):
        if await submit() == ACCEPTED:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError("the training service did not learn of its model and dataset")


async def _publish_model_and_dataset(connection: Client) -> dict:
    """Publishes events of a base model and a dataset as the catalog does; returns the body that trains on them."""
    model, dataset = example(BaseModelRegistered), example(DatasetBuilt)
    for event in (model, dataset):
        event = event.model_copy(update={"visibility": "public"})
        headers = headers_of(event, "catalog", SERVICE, new_id())
        await connection.jetstream().publish(event.subject(), event.model_dump_json().encode(), headers=headers)
    return {
        "base_model_stac_id": model.facts.stac_item_id, "dataset_stac_id": dataset.stac_id, "model_name": "bench",
    }  # fmt: skip


if __name__ == "__main__":
    from kit.app import Service
    from kit.cli import run
    from kit.settings import ServiceSettings

    sys.argv[1:] = ["worker"]
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    run("training", ServiceSettings, lambda settings: Service("training", settings, routers=[router]))
