"""Services end, whatever their loops do."""

import asyncio

from kit.process.tasks import cancel_all


async def test_loop_that_loses_a_cancellation_is_asked_again():
    async def deaf() -> None:
        for _ in range(2):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue
        await asyncio.sleep(60)

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await asyncio.wait_for(cancel_all({task}), 10)
    assert task.cancelled()
