"""The processors as plain descriptions, read once: from a file that an image brings, else by a child process."""

import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from contracts.catalog.packages import ProcessorVersion
from kit.errors import Unavailable

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.packages")
LIMIT = 120.0
"""Seconds for the child, on a busy machine."""
RETRY = 30.0
DESCRIBED = "processors.json"
"""File of the folder with what the child would print: images of the service have no library of processors."""
NOT_YET = Unavailable("processors_not_read", "The list of processors is being read. Try again in a moment.")


class ProcessorCatalogue:
    """`folder` holds `<dataset>/<version>.py`. A module that cannot be taken is left out with a warning. What is read
    stays until the end of the process."""

    def __init__(self, folder: Path, with_tests: bool) -> None:
        self.folder, self.with_tests = folder, with_tests
        self._reading = asyncio.Lock()
        self._found: dict[str, ProcessorVersion] | None = None

    @property
    def names(self) -> frozenset[str]:
        """The ids that users may name. Raises Unavailable before the processors are read."""
        if self._found is None:
            raise NOT_YET
        return frozenset(self._found)

    async def processors(self) -> dict[str, ProcessorVersion]:
        """Returns the visible processors by id, in the order of ids. Raises Unavailable when they cannot be read."""
        async with self._reading:
            if self._found is None:
                self._found = self._visible(await self._read())
        return self._found

    async def keep_read(self, _service: "Service") -> None:
        """A loop of the service: reads the processors before anybody asks."""
        while self._found is None:
            try:
                await self.processors()
            except Unavailable as error:
                log.error("processors.unread", extra={"fields": {"reason": str(error)}})
                await asyncio.sleep(RETRY)
        await asyncio.Event().wait()

    def _visible(self, told: dict[str, Any]) -> dict[str, ProcessorVersion]:
        for file, reason in told["problems"].items():
            log.warning("processor.left_out", extra={"fields": {"file": file, "reason": reason}})
        shown = [one for one in told["processors"] if self.with_tests or not one["is_test"]]
        return {one["name"]: ProcessorVersion.model_validate(_without_flag(one)) for one in shown}

    async def _read(self) -> dict[str, Any]:
        described = self.folder / DESCRIBED
        return orjson.loads(described.read_bytes()) if described.is_file() else await self._described_by_child()

    async def _described_by_child(self) -> dict[str, Any]:
        command = (sys.executable, "-m", "catalog.packages.processors.describe", str(self.folder))
        child = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            told, errors = await asyncio.wait_for(child.communicate(), LIMIT)
        except TimeoutError as error:
            raise Unavailable("processors_unread", f"The processors were not read within {LIMIT:.0f} s.") from error
        finally:
            with suppress(ProcessLookupError):
                child.kill()
        if child.returncode:
            log.error("processors.failed", extra={"fields": {"errors": errors.decode(errors="replace")[-2000:]}})
            raise Unavailable("processors_unread", "The processors cannot be read; the log of the catalog says why.")
        return orjson.loads(told)


def _without_flag(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != "is_test"}
