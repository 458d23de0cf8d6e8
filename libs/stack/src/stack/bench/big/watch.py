"""Records every progress message, and the memory of the worker twice a second, in a thread of its own."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

import nats
import psutil
from nats.aio.msg import Msg

from contracts.prediction import RunProgress
from stack.bench.system import memory

EVERY = 0.5


@dataclass(frozen=True)
class Hint:
    at: float
    """`time.monotonic()`"""
    prediction: int
    stage: str
    done: int
    total: int


@dataclass
class Watch:
    """`worker` returns the process id whose memory is recorded, None while there is none. A context manager."""

    url: str
    worker: Callable[[], int | None]
    hints: list[Hint] = field(default_factory=list)
    weights: list[tuple[float, float, float]] = field(default_factory=list)
    """(time, MB of the worker, MB of the worker and its children), proportional set size."""

    def __enter__(self) -> "Watch":
        self._ended = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(10)

    async def _run(self) -> None:
        connection = await nats.connect(self.url)
        await connection.subscribe(f"{RunProgress.ce_type()}.>", cb=self._on_progress)
        while not self._ended.is_set():
            await asyncio.to_thread(self._weigh)
            await asyncio.sleep(EVERY)
        await connection.close()

    async def _on_progress(self, msg: Msg) -> None:
        progress = RunProgress.model_validate_json(msg.data)
        self.hints.append(Hint(time.monotonic(), progress.prediction_id, progress.stage, progress.done, progress.total))

    def _weigh(self) -> None:
        pid = self.worker()
        try:
            if pid:
                alone, family = memory(pid, alone=True)[0], memory(pid)[0]
                self.weights.append((time.monotonic(), alone, family))
        except (OSError, psutil.Error):  # one of them ended while it was weighed
            return

    def of(self, prediction: int) -> list[Hint]:
        return [hint for hint in self.hints if hint.prediction == prediction]

    def heaviest(self, start: float, end: float) -> tuple[float, float]:
        """The maximum memory of the worker, and of the worker with its children."""
        seen = [(alone, family) for at, alone, family in self.weights if start <= at <= end]
        return max(alone for alone, _ in seen), max(family for _, family in seen)
