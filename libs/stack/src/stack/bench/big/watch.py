"""Hears every hint of progress and weighs the worker twice a second, in a thread beside what is measured."""

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
    """`worker` names the process to weigh, None while there is none. A context manager."""

    url: str
    worker: Callable[[], int | None]
    hints: list[Hint] = field(default_factory=list)
    weights: list[tuple[float, float, float]] = field(default_factory=list)
    """When, megabytes (PSS) of the worker alone and of its whole family."""

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
        await connection.subscribe(f"{RunProgress.ce_type()}.>", cb=self._hear)
        while not self._ended.is_set():
            await asyncio.to_thread(self._weigh)
            await asyncio.sleep(EVERY)
        await connection.close()

    async def _hear(self, msg: Msg) -> None:
        told = RunProgress.model_validate_json(msg.data)
        self.hints.append(Hint(time.monotonic(), told.prediction_id, told.stage, told.done, told.total))

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
        """Of the worker alone and of its family, each at its own worst moment."""
        seen = [(alone, family) for at, alone, family in self.weights if start <= at <= end]
        return max(alone for alone, _ in seen), max(family for _, family in seen)
