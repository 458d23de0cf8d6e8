"""The parent's end of the report FIFO."""

import asyncio
import json
import logging
import os
from pathlib import Path
from typing import Any, Final

from pipelines.end import End

log = logging.getLogger(__name__)
CHUNK: Final = 1 << 16
LONGEST_LINE: Final = 1 << 20


class Reader:
    """Reads all the time, so that a writer never waits for a slow consumer. After the last of `reports` comes None."""

    def __init__(self, fifo: Path) -> None:
        os.mkfifo(fifo, 0o600)
        # for writing too, so that there is no end of file between two writers
        self._fd = os.open(fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._rest = b""
        self.reports: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.run_id: str | None = None
        self.end: End | None = None
        asyncio.get_running_loop().add_reader(self._fd, self._read)

    def close(self) -> None:
        """Call it when every writer is dead: takes what is left in the pipe."""
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
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LONGEST_LINE:]
        for line in lines:
            self._take(line)
        return True

    def _take(self, line: bytes) -> None:
        """Torn and foreign lines are logged and dropped: plug-ins write here too."""
        try:
            report = json.loads(line)
            kind = report["type"]
            if kind == "end":
                del report["type"]
                self.end = End(**report)
                return
        except (ValueError, TypeError, KeyError):
            log.warning("report.unreadable", extra={"line": line[:200]})
            return
        if kind == "status":
            self.run_id = report.get("run_id") or self.run_id
        self.reports.put_nowait(report)
