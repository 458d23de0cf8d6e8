"""Named daemons: they outlive the process that started them and are found again by name."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from stack import pids
from stack.home import Home, StackError
from stack.waiting import told


class NotReady(StackError):
    """A server ended or stayed silent beyond its limit; the message carries the end of its log."""


@dataclass
class Daemon:
    """A server process of that name; there is at most one per home.

    `env` is added to the caller's. `ready` is asked until it answers True; an exception counts as "not yet". A daemon
    that was started here and is not ready within `limit` seconds is stopped again. What is still alive after the
    polite `stop_signal` and some patience is killed, children included.
    """

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    limit: float = 300
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    home: Home = field(default_factory=Home.default)

    def start(self) -> "Daemon":
        """Returns once the daemon is ready; one that is already running is kept. Raises NotReady."""
        is_new = self.pid is None
        if is_new:
            self._spawn()
        try:
            self._wait()
        except BaseException:
            if is_new:
                self.stop(patience=5)
            raise
        return self

    def _wait(self) -> None:
        waiting = Retrying(
            retry=retry_if_result(lambda ok: not ok), stop=stop_after_delay(self.limit), wait=wait_fixed(0.05)
        )
        try:
            with told(f"waiting for {self.name} to answer"):
                waiting(self._is_ready)
        except RetryError:
            raise NotReady(f"{self.name} was not ready within {self.limit:.0f} s.\n{self._log_end()}") from None

    def stop(self, patience: float = 30) -> None:
        pids.stop(self.home, self.name, patience)

    def kill(self) -> None:
        """SIGKILL to the daemon and all its children at once, as when a machine loses them."""
        if process := pids.find(self.home, self.name):
            pids.kill([process, *pids.children(process)])

    @property
    def pid(self) -> int | None:
        process = pids.find(self.home, self.name)
        return process.pid if process else None

    def _spawn(self) -> None:
        self.home.path.mkdir(parents=True, exist_ok=True)
        with self.home.log(self.name).open("ab") as log:
            child = subprocess.Popen(
                [str(part) for part in self.argv],
                env={**os.environ, **self.env},
                cwd=self.cwd or self.home.path,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        pids.record(self.home, self.name, child.pid, self.stop_signal)
        threading.Thread(target=child.wait, daemon=True).start()  # buries it when it ends before its starter

    def _is_ready(self) -> bool:
        if self.pid is None:
            raise NotReady(f"{self.name} ended while starting.\n{self._log_end()}")
        return self._answers()

    def _answers(self) -> bool:
        try:
            return self.ready is None or self.ready()
        except Exception:
            return False

    def _log_end(self, lines: int = 15) -> str:
        log = self.home.log(self.name)
        return "\n".join([f"The end of {log}:", *log.read_text(errors="replace").splitlines()[-lines:]])
