"""Transitions of the run and its steps, told the moment ZenML's client records them."""

import functools
from collections.abc import Callable
from typing import Any

from zenml.models import PipelineRunResponse, StepRunResponse, StepRunUpdate
from zenml.zen_stores.rest_zen_store import RestZenStore

from pipelines import reasons, report


class Observer:
    """Wraps the three calls of ZenML's store by which each transition passes, and keeps the first failure's reason.

    Hooks would cost each step four requests more, and would not tell of a step whose preparation fails.
    """

    def __init__(self) -> None:
        self.run_id: str | None = None
        self.reason = ""
        self._names: dict[str, str] = {}
        self._last: dict[str, str] = {}

    def attach(self) -> None:
        _after(RestZenStore, "get_or_create_run", self._on_run)
        _after(RestZenStore, "create_run_step", self._on_step)
        _after(RestZenStore, "update_run_step", self._on_update)

    def _on_run(self, answer: tuple[PipelineRunResponse, bool], *_: Any) -> None:
        if self.run_id is None:
            self.run_id = str(answer[0].id)
            report.write("status", status="initializing", run_id=self.run_id)

    def _on_step(self, step: StepRunResponse, *_: Any) -> None:
        if not self._names:
            report.write("status", status="running", run_id=self.run_id)
        self._names[str(step.id)] = step.name
        self._tell(step, getattr(step, "exception_info", None))

    def _on_update(self, step: StepRunResponse, step_run_id: Any, step_run_update: StepRunUpdate) -> None:
        if step_run_update.status:
            self._tell(step, step_run_update.exception_info)

    def _tell(self, step: StepRunResponse, error: Any) -> None:
        if self._last.get(step.name) == step.status.value:
            return
        self._last[step.name] = step.status.value
        why = reasons.of_step(step.name, reasons.of_exception(error.source or "", error.message or "")) if error else ""
        self.reason = self.reason or why
        report.write("step", name=step.name, status=step.status.value, **({"reason": why} if why else {}))


def _after(owner: type, name: str, tell: Callable[..., None]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(store: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(store, *args, **kwargs)
        tell(answer, *args, *kwargs.values())
        return answer

    setattr(owner, name, call)
