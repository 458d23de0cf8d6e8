"""A child process that waits for one run, in a process group and a folder of its own."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
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
        return await cls._started(workdir, partial(_spawned, child_environment(env)))

    @classmethod
    async def fork(cls, server: ForkServer, workdir: Path) -> Self:
        """The process has imported zenml. It dies with this one. Raises NoForkServer."""
        return await cls._started(workdir, server.fork)

    @classmethod
    async def _started(cls, workdir: Path, start: Callable[[Path, int, int], Awaitable[int]]) -> Self:
        folder = new_folder(workdir)
        theirs, ours = os.pipe()
        try:
            with (folder / "warm.log").open("wb") as log:
                return cls(await start(folder, theirs, log.fileno()), ours, folder)
        except BaseException:
            os.close(ours)
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            os.close(theirs)

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


async def _spawned(env: Mapping[str, str], folder: Path, stdin: int, log: int) -> int:
    """As `subprocess` would, which waits for its processes itself."""
    command = [sys.executable, "-m", "pipelines.child", "--warm", str(folder)]
    opened = [(os.POSIX_SPAWN_DUP2, number, place) for number, place in ((stdin, 0), (log, 1), (log, 2))]
    return os.posix_spawn(sys.executable, command, env, file_actions=opened, setpgroup=0)  # noqa: ASYNC221  (it does not wait)
