"""Downloads of sources: the port `extracts.processors.Fetch` over kit's outbound client."""

import asyncio
import fcntl
import hashlib
import os
import time
from pathlib import Path
from urllib.parse import urlsplit

from extracts.errors import SourceInvalid, SourceNotAvailable
from kit.http.outbound import Outbound, OutboundError
from kit.http.outbound.download import download, forget

ATTEMPTS = 6
MAX_PAUSE = 120.0
"""Seconds that a busy server may ask us to wait."""


class SourceFetch:
    """Fetches into `folder`; a try that broke off is gone on with, also by a later process. Only https, except for the
    `host:port` of `allow`, which may also be private; plain http of others is asked for as https."""

    def __init__(self, folder: Path, allow: str) -> None:
        self.folder, self.allow = folder, allow

    def __call__(self, url: str, max_bytes: int) -> Path:
        """Returns a file that the caller moves away. SourceNotAvailable, or SourceInvalid for a file that is larger."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / hashlib.sha256(url.encode()).hexdigest()[:32]
        with draft.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            asyncio.run(self._fetch(url, draft, max_bytes))
            done = draft.with_name(f"{draft.name}-{os.getpid()}-{time.monotonic_ns()}")
            os.replace(draft, done)
            forget(draft)
        return done

    async def _fetch(self, url: str, draft: Path, max_bytes: int) -> None:
        outbound, name = Outbound(self.allow), Path(urlsplit(url).path).name
        address = self._secure(url, outbound)
        try:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return await asyncio.sleep(min(await download(outbound, address, draft, max_bytes), MAX_PAUSE))
                except OutboundError as error:
                    if error.code == "too_large":
                        forget(draft)
                        raise SourceInvalid("source_size", f"{name} has more than {max_bytes:,} bytes.") from error
                    if not error.transient or attempt == ATTEMPTS:
                        raise SourceNotAvailable("source_unreachable", f"{name} cannot be fetched: {error}") from error
                    await asyncio.sleep(min(error.retry_after or 0.5 * 2**attempt, MAX_PAUSE))
        finally:
            await outbound.stop()

    @staticmethod
    def _secure(url: str, outbound: Outbound) -> str:
        parts = urlsplit(url)
        if parts.scheme == "http" and ((parts.hostname or ""), parts.port or 80) not in outbound.allow:
            return parts._replace(scheme="https").geturl()
        return url
