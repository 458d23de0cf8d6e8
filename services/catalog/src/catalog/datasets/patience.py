"""Waiting in place for neighbours that stumble, so that an outage of a minute costs no delivery."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from catalog.datasets.ports import TryLater
from imagery import RawDataError
from kit.errors import Unavailable
from kit.outbound import OutboundError

T = TypeVar("T")
LONGEST_PAUSE = 8.0


async def patiently(call: Callable[[], Awaitable[T]], patience: float) -> T:
    """The call's result; TryLater once it has stumbled for `patience` seconds."""
    until, pause = time.monotonic() + patience, 0.5
    while True:
        try:
            return await call()
        except (Unavailable, TryLater, OutboundError, RawDataError) as error:
            if isinstance(error, OutboundError | RawDataError) and not error.transient:
                raise
            if time.monotonic() + pause > until:
                raise TryLater(str(error)) from error
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))
        pause = min(pause * 2, LONGEST_PAUSE)
