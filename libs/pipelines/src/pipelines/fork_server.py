"""The worker's side of `pipelines.child.fork_server`."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pipelines.child_environment import child_environment, new_folder
from pipelines.process_reaper import become_subreaper

IS_SUPPORTED = sys.platform == "linux"
"""Other systems have no subreapers."""
DIGITS, END_OF_LOG = 32, 2000


class NoForkServer(Exception):
    """It has ended; the text is what it wrote last."""


class ForkServer:
    """Starts with the first fork, and again when it has ended; `close` ends it. What it has forked goes on.

    `env` and `workdir` as in `RunProcess.start`.
    """

    def __init__(self, env: Mapping[str, str], workdir: Path) -> None:
        self._env, self._workdir = env, workdir
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = asyncio.Lock()

    async def fork(self, folder: Path, stdin: int, log: int) -> int:
        """Returns the number of a new process with these open files, a child of this one. Raises NoForkServer."""
        async with self._turn:
            if self._process and self._process.poll() is not None:
                self.close()
            if not self._process:
                self._start()
            try:
                return await self._answer(folder, [stdin, log])
            except BaseException:  # the next fork would take an answer that comes late for its own
                self.close()
                raise

    async def _answer(self, folder: Path, files: list[int]) -> int:
        try:
            socket.send_fds(self._socket, [os.fsencode(folder)], files)
            number = await asyncio.get_running_loop().sock_recv(self._socket, DIGITS)
        except OSError as error:
            raise NoForkServer(self._end_of_log()) from error
        if not number:
            raise NoForkServer(self._end_of_log())
        return int(number)

    def _end_of_log(self) -> str:
        return self._log.read_text(errors="replace")[-END_OF_LOG:]

    def _start(self) -> None:
        become_subreaper()
        self._folder = new_folder(self._workdir)
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        arguments = ["--fork-server", str(self._folder), str(theirs.fileno())]
        self._log = self._folder / "fork-server.log"
        with theirs, self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipelines.child", *arguments], env=child_environment(self._env),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip

    def close(self) -> None:
        process, self._process = self._process, None
        if process:
            self._socket.close()
            process.kill()
            process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)
