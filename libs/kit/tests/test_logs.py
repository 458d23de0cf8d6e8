"""Log lines say which message they are about."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from toy import Break

from contracts import headers as h
from kit.telemetry import tracing
from kit.testing import MAPPER, Caller, eventually


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict]]]:
    """What was logged as it would be written."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(tracing.JsonLinesFormatter("toy"))
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in text.getvalue().splitlines()]
    root.removeHandler(handler)


@pytest.mark.usefixtures("running")
async def test_lines_of_a_handler_that_failed_name_its_message(caller: Caller, lines, sql):
    """Until it is given up, so that no other test meets it."""
    key = uuid4()
    await caller.bus.send(Break(), MAPPER, key, wait=0.1)

    async def retried() -> dict | None:
        return next((line for line in lines() if line.get("message_id") == str(key)), None)

    line = await eventually(retried)
    about = ("message.retried", Break.subject(key), MAPPER.id)
    assert (line["event"], line["subject"], line["actor"]) == about
    await eventually(lambda: sql("select 1 from inbox where message_id = %s and dead = 1", key), limit=45)


async def test_tasks_of_a_message_go_on_saying_so_and_others_do_not(lines):
    log = logging.getLogger("kit.test")

    async def later(ended: asyncio.Event) -> None:
        await ended.wait()
        log.warning("inside")

    ended = asyncio.Event()
    with tracing.handling("cmd.toy.v1.add_item", {h.ID: "7", h.ACTOR: '{"id": 5}'}):
        task = asyncio.create_task(later(ended))
    ended.set()
    await task
    log.warning("outside")
    inside, outside = lines()
    assert (inside["message_id"], inside["subject"], inside["actor"]) == ("7", "cmd.toy.v1.add_item", 5)
    assert not {"message_id", "subject", "actor"} & set(outside)


@pytest.mark.parametrize("actor", [None, "", "{", "[]", "7", "{}"])
def test_nonsense_of_a_sender_does_not_keep_the_line_from_being_written(lines, actor):
    with tracing.handling("cmd.toy.v1.add_item", {h.ACTOR: actor} if actor is not None else {}):
        logging.getLogger("kit.test").warning("poison")
    assert (lines()[0]["event"], lines()[0]["actor"]) == ("poison", None)


def test_a_line_has_the_fields_that_were_given(lines):
    logging.getLogger("kit.test").warning("row.kept", extra={"fields": {"id": 7, "reason": "late"}})
    assert (lines()[0]["event"], lines()[0]["id"], lines()[0]["reason"]) == ("row.kept", 7, "late")


def test_a_request_joins_the_trace_that_it_names():
    with tracing.request_span("GET request", {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}):
        assert tracing.trace_id() == "ab" * 16
        headers = tracing.inject({})
    with tracing.span("process", carrier=headers):
        assert tracing.trace_id() == "ab" * 16
    assert tracing.trace_id() == ""
    assert tracing.inject({}) == {}


@pytest.mark.parametrize(
    "given",
    ["", "x", f"00-{'0' * 32}-{'cd' * 8}-01", f"00-{'AB' * 16}-{'cd' * 8}-01", f"00-{'ab' * 16}-{'cd' * 8}-01-"],
)
def test_a_request_that_names_no_trace_begins_one(given: str):
    seen = set()
    for _ in range(2):
        with tracing.request_span("GET request", {"traceparent": given}):
            seen.add(tracing.trace_id())
    assert len(seen) == 2
    assert {len(one) for one in seen} == {32}
    assert "ab" * 16 not in {one.lower() for one in seen}
