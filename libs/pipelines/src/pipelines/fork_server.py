"""The worker's side of `pipelines.child.fork_server`."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.child_environment import child_environment, new_folder
from pipelines.process_reaper import become_subreaper

IS_SUPPORTED = sys.platform == "linux"
"""Other systems have no subreapers."""
DIGITS, LOG, END_OF_LOG = 32, "fork-server.log", 2000


class NoForkServer(Exception):
    """It has ended; the text is what it wrote last."""


@dataclass(frozen=True)
class _Started:
    """`folder` is its own, with its log."""

    process: subprocess.Popen[bytes]
    socket: socket.socket
    folder: Path

    async def fork(self, folder: Path, files: list[int]) -> int:
        try:
            socket.send_fds(self.socket, [os.fsencode(folder)], files)
            number = await asyncio.get_running_loop().sock_recv(self.socket, DIGITS)
        except OSError as error:
            raise NoForkServer(self._end_of_log()) from error
        if not number:
            raise NoForkServer(self._end_of_log())
        return int(number)

    def _end_of_log(self) -> str:
        return (self.folder / LOG).read_text(errors="replace")[-END_OF_LOG:]

    def end(self) -> None:
        self.socket.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _start(env: Mapping[str, str], workdir: Path) -> _Started:
    become_subreaper()
    folder = new_folder(workdir)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    arguments = ["--fork-server", str(folder), str(theirs.fileno())]
    with theirs, (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.child", *arguments], env=child_environment(env),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[theirs.fileno()], start_new_session=True,
        )  # fmt: skip
    return _Started(process, ours, folder)


class ForkServer:
    """Starts with the first fork, and again when it has ended; `close` ends it. What it has forked goes on.

    `env` and `workdir` as in `RunProcess.start`.
    """

    def __init__(self, env: Mapping[str, str], workdir: Path) -> None:
        self._env, self._workdir = env, workdir
        self._started: _Started | None = None
        self._turn = asyncio.Lock()

    async def fork(self, folder: Path, stdin: int, log: int) -> int:
        """Returns the number of a new process with these open files, a child of this one. Raises NoForkServer."""
        async with self._turn:
            if self._started and self._started.process.poll() is not None:
                self.close()
            self._started = self._started or _start(self._env, self._workdir)
            try:
                return await self._started.fork(folder, [stdin, log])
            except BaseException:  # the next fork would take an answer that comes late for its own
                self.close()
                raise

    def close(self) -> None:
        started, self._started = self._started, None
        if started:
            started.end()
