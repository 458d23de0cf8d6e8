"""A sender of one short command as a process of its own, to be killed: `python sender.py <bus> <id> <name>`."""

import asyncio
import sys
from uuid import UUID

from toy import Pin

from kit.testing import MAPPER, calling


async def send(url: str, command_id: str, name: str) -> None:
    async with calling(url) as caller:
        print(await caller.bus.send(Pin(name=name), MAPPER, UUID(command_id)))


if __name__ == "__main__":
    asyncio.run(send(*sys.argv[1:]))
