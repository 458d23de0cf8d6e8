"""A child process that is ready for one run, in a process group and a folder of its own."""

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

PRIVATE = re.compile(r"DATABASE_URL|NATS_+URL|PASSWORD|SECRET_KEY")
"""Names of variables that are the service's own: whatever code a model brings, it has no business with them."""


class Process:
    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process, self.folder = process, folder

    @classmethod
    async def start(cls, env: Mapping[str, str], workdir: Path) -> Self:
        """It begins to import zenml at once. It dies with the thread that calls this, which must be a lasting one."""
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

    async def order(self, spec: Path, report: Path) -> None:
        stdin = self._process.stdin
        assert stdin
        with contextlib.suppress(ConnectionError):  # already dead: whoever waits for its end will see
            stdin.write(json.dumps({"spec": str(spec), "report": str(report)}).encode() + b"\n")
            await stdin.drain()

    def terminate(self) -> None:
        """The leader only, which ends its step in order."""
        if self.is_alive:
            self._process.terminate()

    def kill(self) -> None:
        """The whole group, also what is left of it after the leader's death."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    async def wait(self) -> int:
        """The exit code, negative for a signal; leaves no other process of the group and no folder behind."""
        code = await self._process.wait()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not PRIVATE.search(name)}


def _new_folder(workdir: Path) -> Path:
    workdir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="child-", dir=workdir))
