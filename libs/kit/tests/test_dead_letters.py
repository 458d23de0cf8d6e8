"""What is set aside, and what becomes of it when somebody sends it once more."""

import asyncio
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
import toy
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from toy import AddItem, AddSoon, CountItems, GetCommand, ItemAdded

from contracts import headers as h
from kit.errors import NotFound
from kit.messaging.delivery.dead_letters import replay_headers
from kit.messaging.envelope import MalformedMessage, headers_of, new_id, opened
from kit.testing import MAPPER, Caller, eventually

pytestmark = pytest.mark.live
REVIVED = 7


async def letter_of(caller: Caller, message_id: UUID) -> RawStreamMsg | None:
    with suppress(NotFoundError):
        letter = await caller.bus.js.get_last_msg("DEAD", "dead.toy")
        return letter if (letter.headers or {})[h.ID] == str(message_id) else None


async def replayed(caller: Caller, letter: RawStreamMsg, consumer: str, number: int = 1) -> None:
    """By the gateway, whose record of a letter is without what the server needs."""
    original = {key: value for key, value in (letter.headers or {}).items() if not key.startswith("Nats-")}
    headers = replay_headers(original, consumer, REVIVED, number)
    await caller.bus.js.publish(headers.pop("fairway-subject"), letter.data or b"", headers=headers)


async def done(caller: Caller, name: str) -> int:
    try:
        return (await caller.ask(CountItems(name=name)))["command"]
    except NotFound:
        return 0


@pytest.fixture
async def letter(running, caller: Caller) -> RawStreamMsg:
    """Of a command that failed, and was too late when its turn came again."""
    name, key = f"soon-{uuid4().hex[:8]}", uuid4()
    toy.trouble.add(name)
    waiting = asyncio.create_task(caller.send(AddSoon(name=name), command_id=key))
    found = await eventually(lambda: letter_of(caller, key))
    assert (await waiting).code == "dead_letter"
    toy.trouble.clear()
    return found


async def test_command_that_failed_and_is_too_late_leaves_a_letter(letter: RawStreamMsg, caller: Caller):
    assert "Expired" in letter.headers[h.REASON]
    assert "before: RuntimeError" in letter.headers[h.REASON]
    verdict = (await caller.ask(GetCommand(command_id=letter.headers[h.ID])))["verdict"]
    assert verdict["code"] == "dead_letter"


async def test_replay_is_carried_out_once_however_late(letter: RawStreamMsg, caller: Caller):
    name = AddSoon.model_validate_json(letter.data or b"").name
    for number in (1, 2):
        await replayed(caller, letter, "toy-commands-v1", number)
        await eventually(lambda: done(caller, name))
    await behind(caller)
    assert await done(caller, name) == 1
    verdict = (await caller.ask(GetCommand(command_id=letter.headers[h.ID])))["verdict"]
    assert verdict["status"] == "accepted"


async def behind(caller: Caller) -> None:
    """Returns when all that was sent before is settled."""
    await caller.send(AddItem(name="marker"))
    await eventually(lambda: _idle(caller, "COMMANDS", "toy-commands-v1"))
    await eventually(lambda: _idle(caller, "EVENTS", "toy-events-v1"))


async def _idle(caller: Caller, stream: str, durable: str) -> bool:
    info = await caller.bus.js.consumer_info(stream, durable)
    return not info.num_pending and not info.num_ack_pending


async def test_other_durables_ignore_a_replay(running, caller: Caller):
    name = f"event-{uuid4().hex[:8]}"
    event = ItemAdded(name=name)
    headers = replay_headers(headers_of(event, "toy", MAPPER, new_id()), "other-events-v1", REVIVED, 1)
    await caller.bus.js.publish(event.subject(), event.model_dump_json().encode(), headers=headers)
    await behind(caller)
    with pytest.raises(NotFound):
        await caller.ask(CountItems(name=name))


@pytest.mark.parametrize("levels", [250, 900, 100_000])
def test_what_is_nested_too_deeply_is_no_message(levels):
    """The door refuses it long before; here it is a dead letter at once, not a bug that is tried again."""
    headers = headers_of(AddItem(name="deep"), "gateway", MAPPER, uuid4())
    with pytest.raises(MalformedMessage, match="recursion limit"):
        opened(b'{"name":' + b"[" * levels + b"]" * levels + b"}", headers)
