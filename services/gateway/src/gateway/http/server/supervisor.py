"""Several worker processes on one listening socket: restarted when they die, stopped together."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from gateway.http.server.listener import open_socket
from gateway.settings import Settings

PAUSE = 0.2
SHORTEST_LIFE = 2.0
"""A worker that dies sooner is restarted after a pause, so that a broken one does not restart in a tight loop."""
GRACE = 30.0


class Supervisor:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self.workers: dict[subprocess.Popen[bytes], float] = {}
        self.folder = tempfile.mkdtemp(prefix="gateway-metrics-")

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        sockets = self._sockets()
        try:
            while not self.stopping.wait(PAUSE):
                self._keep(sockets)
        finally:
            self._stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _sockets(self) -> dict[str, int]:
        """Returns environment variable → inherited descriptor. All workers accept on the same sockets."""
        settings = self.settings
        found = {"PUBLIC__FD": open_socket(settings.public_host, settings.public_port).detach()}
        if settings.http_port:
            found["HTTP__FD"] = open_socket(settings.http_host, settings.http_port).detach()
        return found

    def _keep(self, sockets: dict[str, int]) -> None:
        for worker in [w for w in self.workers if w.poll() is not None]:
            lived = time.monotonic() - self.workers.pop(worker)
            _forget_gauges(worker.pid, self.folder)
            self.stopping.wait(max(0.0, SHORTEST_LIFE - lived))
        while len(self.workers) < self.settings.workers and not self.stopping.is_set():
            self.workers[self._started(sockets)] = time.monotonic()

    def _started(self, sockets: dict[str, int]) -> "subprocess.Popen[bytes]":
        environment = os.environ | {name: str(fd) for name, fd in sockets.items()}
        environment["PROMETHEUS_MULTIPROC_DIR"] = self.folder
        return subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve"], env=environment, pass_fds=tuple(sockets.values())
        )

    def _stop(self) -> None:
        for worker in self.workers:
            worker.terminate()
        deadline = time.monotonic() + GRACE
        for worker in self.workers:
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()


def _forget_gauges(pid: int, folder: str) -> None:
    """Removes the gauges of a dead worker, which would otherwise be reported for ever. The import is lazy: the
    supervisor itself measures nothing."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, folder)
