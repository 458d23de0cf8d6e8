"""A child process that waits for one run, in a process group and a folder of its own."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

SERVICE_VARIABLES = re.compile(r"DATABASE_URL|NATS_+URL|PASSWORD|SECRET_KEY")
"""Environment variables that the code of a model must not see."""


class ChildProcess:
    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process, self.folder = process, folder

    @classmethod
    async def start(cls, env: Mapping[str, str], workdir: Path) -> Self:
        """The process imports zenml at once. It dies with the calling thread, which must outlive it."""
        folder = _new_folder(workdir)
        with (folder / "warm.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "pipelines.child",
                "--warm",
                str(folder),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**_inherited(), **env, "FAIRWAY_PARENT": str(os.getpid())},
                start_new_session=True,
            )
        return cls(process, folder)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def send_spec(self, spec: Path, report: Path) -> None:
        """Starts the run; `report` is the FIFO for its reports."""
        stdin = self._process.stdin
        assert stdin
        with contextlib.suppress(ConnectionError):  # already dead: `wait` returns its exit code
            stdin.write(json.dumps({"spec": str(spec), "report": str(report)}).encode() + b"\n")
            await stdin.drain()

    def terminate(self) -> None:
        """Sends SIGTERM to the leader of the group only, which ends its step in order."""
        if self.is_alive:
            self._process.terminate()

    def kill(self) -> None:
        """Kills the whole group, also what is left of it after its leader has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """Returns the exit code, negative for a signal; removes the folder and all other processes of the group."""
        code = await self._process.wait()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not SERVICE_VARIABLES.search(name)}


def _new_folder(workdir: Path) -> Path:
    workdir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="child-", dir=workdir))
