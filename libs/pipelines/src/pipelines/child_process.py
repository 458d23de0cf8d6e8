"""A child process that waits for one run, in a process group and a folder of its own."""

import asyncio
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pipelines.process_reaper import ProcessReaper, become_subreaper, kill_group
from pipelines.process_usage import ProcessUsage

SERVICE_VARIABLES = re.compile(r"DATABASE_URL|NATS_+URL|PASSWORD|SECRET_KEY")
"""Environment variables that the code of a model must not see."""


class ChildProcess:
    """Its end is waited for by a reaper and not by asyncio, which forgets what the kernel says of its cost."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self._process, self.folder = process, folder
        self._reaper = ProcessReaper(process)

    @classmethod
    async def start(cls, env: Mapping[str, str], workdir: Path) -> Self:
        """The process imports zenml at once. It dies with the calling thread, which must outlive it."""
        folder = _new_folder(workdir)
        become_subreaper()
        return cls(_spawned(folder, {**_inherited(), **env, "FAIRWAY_PARENT": str(os.getpid())}), folder)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return not self._reaper.code.done()

    @property
    def usage(self) -> ProcessUsage:
        """What the group has cost until now, to a second; once it has ended, exactly."""
        return self._reaper.usage

    async def send_spec(self, spec: Path, report: Path) -> None:
        """Starts the run; `report` is the FIFO for its reports."""
        stdin = self._process.stdin
        assert stdin
        self._reaper.begun = True
        with contextlib.suppress(ConnectionError):  # already dead: `wait` returns its exit code
            stdin.write(json.dumps({"spec": str(spec), "report": str(report)}).encode() + b"\n")
            stdin.flush()

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
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code


def _spawned(folder: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "warm.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.child", "--warm", str(folder)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=env,
            start_new_session=True,
        )


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not SERVICE_VARIABLES.search(name)}


def _new_folder(workdir: Path) -> Path:
    workdir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="child-", dir=workdir))
