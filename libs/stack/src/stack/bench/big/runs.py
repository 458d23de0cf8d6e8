"""One prediction from its submission to its results, with cancellation and restarts on the way."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fairway import Fairway
from fairway.errors import ApiError
from stack.bench.big.synthetic_area import ZOOM, square
from stack.bench.big.watch import Hint, Watch

LIMIT = 1500.0
STAGES = ("staging", "predict", "results")


@dataclass(frozen=True)
class Measured:
    """Seconds are of `time.monotonic()`."""

    tiles: int
    started: float
    ended: float
    hints: list[Hint]
    features: int

    def seconds(self, stage: str) -> float:
        """From its first hint (staging: from the submission) to the first of the next."""
        begin, end = self._begins(stage), self.ended
        if stage != STAGES[-1]:
            end = self._begins(STAGES[STAGES.index(stage) + 1])
        return end - begin

    def _begins(self, stage: str) -> float:
        return self.started if stage == STAGES[0] else next(h.at for h in self.hints if h.stage == stage)

    @property
    def gap(self) -> float:
        """The longest time between two progress messages, submission and results included."""
        return _longest([self.started, *(hint.at for hint in self.hints), self.ended])

    @property
    def standstill(self) -> float:
        """The longest time without a progress message that reports more work than the one before."""
        news, last = [self.started], ("", -1)
        for hint in self.hints:
            if (hint.stage, hint.done) != last:
                news.append(hint.at)
            last = (hint.stage, hint.done)
        return _longest([*news, self.ended])


def _longest(moments: list[float]) -> float:
    return max(b - a for a, b in itertools.pairwise(moments))


@dataclass
class Runs:
    fairway: Fairway
    watch: Watch
    model: str
    template: str

    def begin(self, side: int) -> int:
        """Submits a prediction; retries until the service has received the model."""
        request = {"model_stac_id": self.model, "image_uri": self.template, "bbox": square(side), "zoom": ZOOM}
        return self.until(lambda: self._submitted(request), 30)

    def _submitted(self, request: dict[str, Any]) -> int | None:
        try:
            return self.fairway.predictions.submit(**request).id
        except ApiError as error:
            if error.status != 404:
                raise
            return None

    def measured(self, side: int) -> Measured:
        started = time.monotonic()
        number = self.begin(side)
        self.finished(number)
        ended = time.monotonic()
        return Measured(side * side, started, ended, self.watch.of(number), self.features(number))

    def finished(self, number: int) -> None:
        """ValueError when it ends badly."""

        def ready() -> bool:
            row = self.fairway.predictions.get(number)
            if row.status in ("failed", "stopped"):
                raise ValueError(f"prediction {number} {row.status}: {row.error}")
            return row.results_ready

        self.until(ready, LIMIT)

    def features(self, number: int) -> int:
        import httpx

        address = self.fairway.predictions.get(number).assets
        assert address
        return httpx.get(address["geojson"], timeout=60).content.count(b'"Feature"')

    def hint(self, number: int, stage: str, fraction: float, after: float = 0.0) -> Hint:
        """The first of the stage that reports that fraction of the work, received after that moment."""
        return self.until(lambda: self._received(number, stage, fraction, after), LIMIT)

    def _received(self, number: int, stage: str, fraction: float, after: float) -> Hint | None:
        received = (h for h in self.watch.of(number) if h.stage == stage and h.at > after)
        return next((h for h in received if h.done >= fraction * h.total), None)

    def cancelled(self, number: int) -> float:
        """Seconds from the request to `stopped`."""
        asked = time.monotonic()
        self.fairway.predictions.cancel(number)
        self.until(lambda: self.fairway.predictions.get(number).status == "stopped", 60)
        return time.monotonic() - asked

    @staticmethod
    def until(look: Callable[[], Any], limit: float) -> Any:
        end = time.monotonic() + limit
        while not (found := look()):
            if time.monotonic() > end:
                raise TimeoutError("the bench waited too long")
            time.sleep(0.1)
        return found
