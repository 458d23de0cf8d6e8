"""The parent and its children as daemons of the home."""

import sys
from collections.abc import Sequence

from stack import pids
from stack.databases import ROOMS
from stack.home import REPOSITORY, Home
from stack.preforked import PARENT, wanted
from stack.processes import Daemon, NotReady

SMALL = {"MALLOC_ARENA_MAX": "2", "PYTHONNODEBUGRANGES": "1"}
"""Saves memory: few heaps, and no columns in tracebacks."""


def possible() -> bool:
    """Elsewhere libraries of the system do not survive a fork, and nothing tells a child of its parent's death."""
    return sys.platform == "linux"


def parent(home: Home, rooms: Sequence[str] = ROOMS) -> Daemon:
    """Has no child until one is wanted. Its imports take seconds, for which nobody has to wait."""
    folder = wanted.folder_of(home)
    argv = [sys.executable, "-m", "stack.preforked", folder, *rooms]
    daemon = Daemon(PARENT, argv, SMALL, cwd=REPOSITORY, home=home)
    if daemon.pid is None:
        wanted.clear(folder)
    return daemon


class Forked(Daemon):
    """A room, or a worker of one: `argv` is what follows `python -m`. Started anew by the parent when it crashes."""

    kept = True
    _version = 0
    """Of its file, when it was started here."""

    def _spawn(self) -> None:
        self.home.log(self.name).touch()
        child = wanted.Child([str(part) for part in self.argv], dict(self.env), str(self.home.log(self.name)))
        folder = wanted.folder_of(self.home)
        wanted.write(folder, self.name, child, self.kept)
        self._version = wanted.version(folder, self.name)

    def _is_ready(self) -> bool:
        if code := self._code():
            raise self._failed(code)
        return self.pid is not None and self._answers()

    def _failed(self, code: str) -> NotReady:
        return NotReady(f"{self.name} ended with {code} while starting.\n{self._log_end()}")

    def _code(self) -> str:
        """Of its end since it was wanted, empty before."""
        if pids.find(self.home, PARENT) is None:
            raise NotReady(f"The parent of all rooms has ended: {self.home.log(PARENT)}")
        return wanted.ended(wanted.folder_of(self.home), self.name, self._version)


class Once(Forked):
    """Ready when it has ended well."""

    kept = False

    def _is_ready(self) -> bool:
        if (code := self._code()) not in ("", "0"):
            raise self._failed(code)
        return code == "0"
