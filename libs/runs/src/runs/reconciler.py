"""The loop that repairs what no worker can, because workers or servers were gone."""

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from typing import ClassVar

from kit.app import Service
from kit.jobs.silent_rows import MIN_SILENCE, SilentRows
from kit.outages import is_outage
from runs.run_counts import RunCounts


class Reconciler(ABC):
    """Several at once do no harm, as every write locks its row and goes through `RunLifecycle`. `apart`: seconds that a
    row has to stay silent between two passes."""

    log: ClassVar[logging.Logger]
    failure_event: ClassVar[str]
    counts: ClassVar[RunCounts]

    def __init__(self, interval: float, apart: float) -> None:
        self.interval = interval
        self.silence = SilentRows(min(MIN_SILENCE, apart))

    async def run(self, service: Service) -> None:
        """A loop of the service, for ever: a pass that fails is followed by the next one."""
        while True:
            await asyncio.sleep(self.interval * random.uniform(0.9, 1.1))
            try:
                await self.counts.publish(service.db)
                await self.run_pass(service)
            except Exception as error:
                self.silence.forget()
                self.log.warning(
                    self.failure_event, extra={"fields": {"reason": repr(error)}}, exc_info=not is_outage(error)
                )

    @abstractmethod
    async def run_pass(self, service: Service) -> None:
        """Looks at all unfinished runs once."""
