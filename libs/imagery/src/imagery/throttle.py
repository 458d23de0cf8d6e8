"""Request rate of one download: as high as its server allows, and stopped when the server does not answer."""

import asyncio
import random
import time

from kit.http.outbound import IMAGE, Outbound, OutboundError
from kit.http.outbound.client import PER_HOST

RETRY_DELAYS = (0.5, 2.0)
"""Seconds before each retry of a failed request."""
RATE_LIMIT_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds to pause after consecutive rejections by a server that does not say how long to wait."""
MAX_PAUSE = 60.0
"""Seconds to pause inside a download; after a longer pause a later delivery of the job continues."""
DEAD_SERVER_SILENCE = 6.0
"""Seconds without any response after which a server that accepts no connection counts as unavailable, after
MIN_FAILURES failures."""
SLOW_SERVER_SILENCE = 20.0
"""The same for a server that accepts connections, which may be slow."""
MIN_FAILURES = 4
DEAD_SERVER_PAUSE = 20.0


class ServerUnavailable(Exception):
    """The server asks for a long pause, or does not answer. `error` is the last one, `pause` the seconds to wait."""

    def __init__(self, error: OutboundError, pause: float) -> None:
        super().__init__(str(error))
        self.error, self.pause = error, pause


class Throttle:
    """Shared by all workers of a download, so that all of them pause when the server asks one of them to."""

    def __init__(self, outbound: Outbound) -> None:
        self.outbound = outbound
        self.unavailable: ServerUnavailable | None = None
        self._slots = asyncio.Semaphore(PER_HOST)
        self._resume_at = 0.0
        self._refusals = self._failures = 0
        self._answered_at = time.monotonic()

    async def get(self, url: str) -> bytes:
        """Returns the content. Raises OutboundError when there is none; ServerUnavailable ends the download."""
        failures, asked_at = 0, 0.0
        while True:
            try:
                async with self._slots:
                    await self._wait_for_pause()
                    asked_at = time.monotonic()
                    content = (await self.outbound.get(url, IMAGE)).content
            except OutboundError as error:
                if self._is_rate_limit(error):
                    self._on_rate_limit(error, asked_at)
                    continue
                self._on_answer(error)
                if not error.transient or failures == len(RETRY_DELAYS):
                    raise
                await asyncio.sleep(RETRY_DELAYS[failures] * random.uniform(0.8, 1.2))
                failures += 1
            else:
                self._on_answer(None)
                self._refusals = 0
                return content

    async def _wait_for_pause(self) -> None:
        if self.unavailable:
            raise self.unavailable
        if (pause := self._resume_at - time.monotonic()) > 0:
            await asyncio.sleep(pause)
            await self._wait_for_pause()

    @staticmethod
    def _is_rate_limit(error: OutboundError) -> bool:
        return error.status == 429 or (error.status == 503 and error.retry_after is not None)

    def _on_rate_limit(self, error: OutboundError, asked_at: float) -> None:
        """Requests that were in flight together cause one pause."""
        self._on_answer(error)
        if asked_at < self._resume_at:
            return
        if self._refusals == len(RATE_LIMIT_DELAYS):
            self._stop(error, error.retry_after or MAX_PAUSE)
        pause = max(error.retry_after or 0.0, RATE_LIMIT_DELAYS[self._refusals])
        if pause > MAX_PAUSE:
            self._stop(error, pause)
        self._refusals += 1
        self._resume_at = time.monotonic() + pause

    def _on_answer(self, error: OutboundError | None) -> None:
        """Records an answer, which an HTTP error is as well; stops the download when there has been none for long."""
        if error is None or error.code not in ("host_unknown", "timeout", "unreachable"):
            self._answered_at, self._failures = time.monotonic(), 0
            return
        self._failures += 1
        silence = SLOW_SERVER_SILENCE if error.code == "timeout" else DEAD_SERVER_SILENCE
        if self._failures >= MIN_FAILURES and time.monotonic() - self._answered_at >= silence:
            self._stop(error, DEAD_SERVER_PAUSE)

    def _stop(self, error: OutboundError, pause: float) -> None:
        self.unavailable = ServerUnavailable(error, pause)
        raise self.unavailable
