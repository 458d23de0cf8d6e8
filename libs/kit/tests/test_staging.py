"""Commands that are too large for the bus: their bodies wait in the object store."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import toy
from nats.js.errors import NotFoundError
from toy import AddItem, AddOnce, Break

from contracts import headers as h
from contracts.base import Command
from contracts.streams import COMMANDS
from kit.errors import Unavailable
from kit.messaging import staging
from kit.messaging.bus import Bus
from kit.messaging.delivery.failures import POLICIES
from kit.messaging.envelope import headers_of, subject_of
from kit.settings import StorageSettings
from kit.storage.object_storage import Storage
from kit.testing import MAPPER, Caller, eventually, started
from stack import up
from stack.line import Line, line_to

pytestmark = pytest.mark.live
LARGE = staging.MAX_INLINE_BYTES


def named(start: str) -> str:
    return f"{start}-{uuid4().hex}" + "x" * LARGE


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def line() -> AsyncIterator[Line]:
    """To a real store, which is what the environment tells of."""
    environment = up({"s3"})
    async with line_to(environment["AWS_ENDPOINT_URL"]) as line:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (environment | {"PARENT_BUCKET_FOLDER": f"test-kit-{uuid4().hex[:8]}"}).items():
                patch.setenv(name, value)
            yield line


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(settings, schema, line: Line) -> AsyncIterator[Any]:
    """The toy, which reaches its object store over the line."""
    service = toy.build(settings)
    service.provides.append(Storage(StorageSettings(AWS_ENDPOINT_URL=line.url)))
    async with started(service):
        yield service


@pytest.fixture
def storage(line: Line) -> Storage:
    return Storage(StorageSettings())


@pytest_asyncio.fixture
async def sender(caller: Caller, storage: Storage) -> Caller:
    bus = Bus(caller.bus.nc, "gateway", storage)
    await bus.start()
    return Caller(bus)


async def kept(sender: Caller, command: Command, command_id: UUID) -> tuple[bytes, dict[str, str]]:
    """As the stream has it."""
    message = await sender.bus.js.get_last_msg(COMMANDS.name, subject_of(command, command_id))
    return message.data or b"", message.headers or {}


async def is_empty(storage: Storage) -> bool:
    return not await storage.keys(staging.FOLDER)


async def test_large_body_travels_by_the_object_store(running, sender: Caller, storage: Storage):
    name, key = named("large"), uuid4()
    verdict = await sender.send(AddItem(name=name), command_id=key)
    assert verdict.result == {"name": name}
    data, headers = await kept(sender, AddItem(name=name), key)
    assert data == b""
    assert headers[h.STAGED] == f"staging/{key}"
    assert int(headers[h.STAGED_SIZE]) > LARGE
    await eventually(lambda: is_empty(storage))


async def test_small_body_travels_with_its_command(running, sender: Caller):
    key, command = uuid4(), AddItem(name="small")
    await sender.send(command, command_id=key)
    assert (await kept(sender, command, key))[0] == command.model_dump_json().encode()


async def test_repeat_gets_the_first_verdict(running, sender: Caller, storage: Storage):
    name, key = named("twice"), uuid4()
    first = await sender.send(AddOnce(name=name), command_id=key)
    second = await sender.send(AddOnce(name=name), command_id=key)
    assert (first.status, first.replayed, second.status, second.replayed) == ("accepted", False, "accepted", True)
    other = await sender.send(AddOnce(name=named("other")), command_id=key)
    assert other.code == "idempotency_key_reused"
    await eventually(lambda: is_empty(storage))


async def test_redelivery_after_the_verdict_needs_no_body(running, sender: Caller, storage: Storage, sql):
    """The body has gone with the verdict; the command is no dead letter for that."""
    name, key = named("again"), uuid4()
    await sender.send(AddItem(name=name), command_id=key)
    _, headers = await kept(sender, AddItem(name=name), key)
    await eventually(lambda: is_empty(storage))
    reply = await sender.bus.nc.subscribe(answers := sender.bus.nc.new_inbox())
    await sender.bus.js.publish(subject_of(AddItem(name=name), key), b"", headers=headers | {h.REPLY: answers})
    assert b'"accepted"' in (await reply.next_msg(10)).data
    assert sql("select dead from inbox where message_id = %s", key) == [(0,)]


async def test_other_body_that_is_gone_is_not_taken_for_the_first(running, sender: Caller, storage: Storage):
    """The body of the first command is deleted after its verdict, and one of the same id with it."""
    name, key = named("again"), uuid4()
    await sender.send(AddItem(name=name), command_id=key)
    _, headers = await kept(sender, AddItem(name=name), key)
    headers |= await staging.put(storage, key, b'{"name": "of somebody else"}')
    await storage.remove([headers[h.STAGED]])
    reply = await sender.bus.nc.subscribe(answers := sender.bus.nc.new_inbox())
    await sender.bus.js.publish(subject_of(AddItem(name=name), key), b"", headers=headers | {h.REPLY: answers})
    assert b"idempotency_key_reused" in (await reply.next_msg(10)).data


OTHERS = {"gone": None, "of somebody else": b'{"name": "of somebody else"}', "cut off": b'{"name"'}


@pytest.mark.parametrize("other", OTHERS)
async def test_body_that_is_not_the_one_that_was_sent_is_a_dead_letter(
    running, sender: Caller, storage: Storage, other
):
    command, key = AddItem(name="never"), uuid4()
    headers = headers_of(command, "gateway", MAPPER, key) | await staging.put(storage, key, b'{"name": "mine"}')
    if OTHERS[other] is None:
        await storage.remove([headers[h.STAGED]])
    else:
        await storage.put(headers[h.STAGED], OTHERS[other])
    await sender.bus.js.publish(subject_of(command, key), b"", headers=headers)
    await eventually(lambda: _buried(sender, key))


async def _buried(sender: Caller, key: UUID) -> bytes | None:
    try:
        letter = await sender.bus.js.get_last_msg("DEAD", "dead.toy")
    except NotFoundError:
        return None
    return (letter.data or b"-") if (letter.headers or {})[h.ID] == str(key) else None


async def test_dead_letter_keeps_the_whole_body(running, sender: Caller, storage: Storage, monkeypatch):
    """So that it can be sent again, however late."""
    monkeypatch.setitem(POLICIES, "messages", replace(POLICIES["messages"], max_attempts=1, count_from=1))
    key, text = uuid4(), b'{"padding": "' + b"x" * LARGE + b'"}'
    headers = headers_of(Break(), "gateway", MAPPER, key) | await staging.put(storage, key, text)
    await sender.bus.js.publish(subject_of(Break(), key), b"", headers=headers)
    assert await eventually(lambda: _buried(sender, key)) == text
    await eventually(lambda: is_empty(storage))


async def test_owner_waits_for_a_store_that_is_away(running, sender: Caller, line: Line):
    name = named("patient")
    await line.cut()
    sending = asyncio.create_task(sender.send(AddItem(name=name)))
    done, _ = await asyncio.wait({sending}, timeout=1)
    assert not done
    await line.open()
    assert (await sending).result == {"name": name}


async def test_sender_whose_store_is_away_keeps_nothing(running, sender: Caller):
    bus, key = Bus(sender.bus.nc, "gateway", Storage(StorageSettings(AWS_ENDPOINT_URL="http://127.0.0.1:9"))), uuid4()
    with pytest.raises(Unavailable):
        await bus.send(AddItem(name=named("lost")), MAPPER, key)
    with pytest.raises(NotFoundError):
        await kept(sender, AddItem(name=""), key)


async def test_what_nobody_fetches_is_swept_after_a_day(storage: Storage, monkeypatch):
    headers = await staging.put(storage, uuid4(), b"{}")
    assert await staging.sweep(storage) == 0
    monkeypatch.setattr(staging, "RETENTION", timedelta(seconds=-60))
    assert await staging.sweep(storage) == 1
    assert await storage.head(headers[h.STAGED]) is None
