"""Every message that this room hears, by its committed example, through the real handler."""

from contextlib import suppress

import pytest

from contracts.base import Command, Event, Job, Query
from contracts.verdict import Kind
from kit.errors import Forbidden, NotFound, Unavailable
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.storage.object_storage import Storage
from kit.testing import MAPPER, Caller, eventually, example
from training.main import build
from training.pipeline_server import pipeline_server
from training.projections import handlers as projections
from training.runs import handlers as runs
from training.runs.jobs import handlers as jobs
from training.runs.jobs.context import WorkerContext
from training.submissions import handlers as submissions

from .conftest import fetch

ROUTERS = (projections.router, submissions.router, runs.router, jobs.router)
ROUTES = {route.message: route for router in ROUTERS for route in router.routes}


DECIDED = (NotFound, Forbidden, Unavailable)


def heard(kind: type) -> list[type]:
    return sorted((message for message in ROUTES if issubclass(message, kind)), key=lambda message: message.ce_type())


@pytest.mark.parametrize("kind", heard(Command), ids=lambda kind: kind.wire)
async def test_commands_get_a_verdict(kind, running, caller: Caller, catalog):
    verdict = await caller.send(example(kind))
    assert verdict.status == "accepted" or verdict.kind is not Kind.INTERNAL


@pytest.mark.parametrize("kind", heard(Query), ids=lambda kind: kind.wire)
async def test_queries_are_answered_or_refused(kind, running, caller: Caller):
    with suppress(*DECIDED):
        await caller.ask(example(kind))


@pytest.mark.parametrize("kind", heard(Event), ids=lambda kind: kind.wire)
async def test_events_are_taken(kind, running, caller: Caller):
    message, message_id = example(kind), new_id()
    headers = headers_of(message, message.owner(), MAPPER, message_id)
    await caller.bus.js.publish(message.subject(), message.model_dump_json().encode(), headers=headers)
    rows = await eventually(lambda: fetch(running, "select dead from inbox where message_id = %s", message_id))
    assert rows == [(0,)]


@pytest.mark.parametrize("kind", heard(Job), ids=lambda kind: kind.wire)
async def test_jobs_of_unknown_rows_end_at_once(kind, running, settings):
    message = example(kind)
    headers = headers_of(message, message.owner(), MAPPER, new_id())
    envelope = opened(message.model_dump_json().encode(), headers)
    context = JobContext(envelope, running.db, running.bus, running.relay, "training", 1)
    await ROUTES[kind].handler(message, context, WorkerContext(settings, pipeline_server(settings), Storage(settings)))


def test_nothing_is_heard_that_is_not_listed_here(settings):
    others = {route.message for route in build(settings).routes} - set(ROUTES)
    assert {message.wire for message in others} == {"training.v1.get_command"}
