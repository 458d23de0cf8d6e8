"""A child process that waits for one run, in a session and a folder of its own."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from io import FileIO
from pathlib import Path
from typing import Self

from pipelines.child_environment import child_environment, new_folder
from pipelines.fork_server import ForkServer
from pipelines.process_reaper import ProcessReaper, become_subreaper, kill_group
from pipelines.process_usage import ProcessUsage


class ChildProcess:
    """Its end is waited for by a reaper and not by asyncio, which forgets what the kernel says of its cost."""

    def __init__(self, pid: int, stdin: int, folder: Path) -> None:
        self.pid, self.folder = pid, folder
        self._stdin = FileIO(stdin, "wb")
        self._reaper = ProcessReaper(pid)

    @classmethod
    async def start(cls, env: Mapping[str, str], workdir: Path) -> Self:
        """The process imports zenml at once. It dies with the calling thread, which must outlive it."""
        become_subreaper()
        with _opened(workdir) as (folder, theirs, ours, log):
            return cls(_spawn(child_environment(env), folder, theirs, log), ours, folder)

    @classmethod
    async def fork(cls, server: ForkServer, workdir: Path) -> Self:
        """The process has imported zenml. It dies with this one. Raises NoForkServer."""
        with _opened(workdir) as (folder, theirs, ours, log):
            return cls(await server.fork(folder, theirs, log), ours, folder)

    @property
    def is_alive(self) -> bool:
        return not self._reaper.code.done()

    @property
    def usage(self) -> ProcessUsage:
        """What the group has cost until now, to a second; once it has ended, exactly."""
        return self._reaper.usage

    async def send_spec(self, spec: Path, report: Path) -> None:
        """Starts the run; `report` is the FIFO for its reports."""
        self._reaper.begun = True
        with contextlib.suppress(ConnectionError):  # already dead: `wait` returns its exit code
            self._stdin.write(json.dumps({"spec": str(spec), "report": str(report)}).encode() + b"\n")

    def terminate(self) -> None:
        """Sends SIGTERM to the leader of the group only, which ends its step in order."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """Kills the whole group."""
        if self.is_alive:
            kill_group(self.pid)

    async def wait(self) -> int:
        """Returns the exit code, negative for a signal; removes the folder. No process of the group is left then."""
        code = await asyncio.shield(self._reaper.code)
        self._stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


@contextlib.contextmanager
def _opened(workdir: Path) -> Iterator[tuple[Path, int, int, int]]:
    """Yields the folder of a new process, both ends of its stdin (its own and ours), and its log. Nothing of them is
    left when the process does not start; afterwards our end and the folder are."""
    folder = new_folder(workdir)
    theirs, ours = os.pipe()
    try:
        with (folder / "warm.log").open("wb") as log:
            yield folder, theirs, ours, log.fileno()
    except BaseException:
        os.close(ours)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(theirs)


def _spawn(env: Mapping[str, str], folder: Path, stdin: int, log: int) -> int:
    """Not by `subprocess`, which waits for its processes itself."""
    command = [sys.executable, "-m", "pipelines.child", "--warm", str(folder)]
    opened = [(os.POSIX_SPAWN_DUP2, number, place) for number, place in ((stdin, 0), (log, 1), (log, 2))]
    return os.posix_spawn(sys.executable, command, env, file_actions=opened, setsid=True)
