"""What the tests of short commands share."""

import asyncio
from uuid import UUID, uuid4

from nats.js.errors import NotFoundError
from toy import Pin

from contracts.verdict import Accepted, Refused
from kit.testing import MAPPER, Caller, eventually


def unique() -> str:
    return f"pin-{uuid4().hex[:10]}"


async def send_all(caller: Caller, *commands: Pin, wait: float = 15.0) -> list[Accepted | Refused | None]:
    """In one turn."""
    return await asyncio.gather(*(caller.bus.send(command, MAPPER, wait=wait) for command in commands))


async def in_stream(caller: Caller, key: UUID) -> bool:
    try:
        await caller.bus.js.get_last_msg("COMMANDS", Pin.subject(key))
    except NotFoundError:
        return False
    return True


async def once(sql, name: str) -> None:
    """Its row is there, its event was published once."""
    await eventually(lambda: sql("select 1 from pins where name = %s", name), 40)
    told = "select count(*) from outbox where subject = 'evt.toy.v1.item_added' and convert_from(data, 'utf8') like %s"
    assert sql(told, f'%"{name}"%') == [(1,)]
    published = f"{told} and published_at is not null"
    await eventually(lambda: sql(published, f'%"{name}"%') == [(1,)], 20)
