"""The reader of the report FIFO."""

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Any, Final

from geoml.jsonable import jsonable
from pipelines.outcome import RunOutcome

log = logging.getLogger(__name__)
CHUNK: Final = 1 << 16
MAX_LINE: Final = 1 << 20


class ReportReader:
    """Reads continuously, so that a writer never waits for a slow consumer. None follows the last of `reports`."""

    def __init__(self, fifo: Path) -> None:
        os.mkfifo(fifo, 0o600)
        # for writing too, so that there is no end of file between two writers
        self._fd = os.open(fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._http = b""
        self.reports: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.run_id: str | None = None
        self.outcome: RunOutcome | None = None
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    def close(self) -> None:
        """Reads what is left in the pipe. Call it when all writers have ended."""
        while self._read():
            pass
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        self.reports.put_nowait(None)

    def _read(self) -> bool:
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return False
        *lines, self._http = (self._http + data).split(b"\n")
        self._http = self._http[-MAX_LINE:]
        for line in lines:
            self._on_line(line)
        return True

    def _on_line(self, line: bytes) -> None:
        """Logs and drops unreadable lines: plug-ins write here too, also NaN, which is no JSON."""
        try:
            report = jsonable(json.loads(line))
            kind = report["type"]
            if kind == "end":
                del report["type"]
                self.outcome = RunOutcome(**report)
                return
        except (ValueError, TypeError, KeyError):
            log.warning("report.unreadable", extra={"line": line[:200]})
            return
        if kind == "status":
            self.run_id = report.get("run_id") or self.run_id
        self.reports.put_nowait(report)
