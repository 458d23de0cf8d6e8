"""A worker as it runs in production: a process of its own, which tests may kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil


class Worker:
    def __init__(self, log: Path) -> None:
        with log.open("wb") as output:
            argv = [sys.executable, "-W", "ignore", "-m", "prediction", "worker"]
            self.process = subprocess.Popen(argv, stdout=output, stderr=output, env=os.environ)

    def kill(self) -> None:
        """kill -9; its children die with it."""
        self.process.kill()
        self.process.wait(5)

    def end(self) -> None:
        """As a rolling restart does it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def run(self) -> psutil.Process | None:
        """The child whose pipeline step is running."""
        runs = Path(os.environ["TOY_FOLDER"]) / "runs"
        pids = {int(line) for line in runs.read_text().split()} if runs.exists() else set()
        children = psutil.Process(self.process.pid).children(recursive=True) if pids else []
        return next((child for child in children if child.pid in pids), None)


def kill_all(workers: list[Worker]) -> None:
    """Dead ones may be among them."""
    for worker in workers:
        worker.kill()
