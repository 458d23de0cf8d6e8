"""Reports status changes of the run and its steps as soon as ZenML's client records them."""

import functools
from collections.abc import Callable
from typing import Any

from requests import Response
from requests.exceptions import ChunkedEncodingError, ConnectionError, Timeout
from zenml.models import PipelineRunResponse, StepRunResponse, StepRunUpdate
from zenml.orchestrators import BaseOrchestrator
from zenml.zen_stores.rest_zen_store import RestZenStore

from pipelines import failure_messages, report


class Observer:
    """Wraps the three calls of ZenML's store that record status changes, and keeps the reason of the first failure.
    A failure that could not be recorded is kept as `error`; the orchestrator itself names only the step.

    ZenML's hooks would cost four more requests per step and are not called for a step whose preparation fails.
    """

    def __init__(self) -> None:
        self.run_id: str | None = None
        self.reason = ""
        self.unreachable = False
        """The server did not answer, or only with 5xx, however often ZenML asked: what failed then may not even be on
        record."""
        self.error: Exception | None = None
        self._names: dict[str, str] = {}
        self._last: dict[str, str] = {}

    def attach(self) -> None:
        _after(RestZenStore, "get_or_create_run", self._on_run)
        _after(RestZenStore, "create_run_step", self._on_step)
        _after(RestZenStore, "update_run_step", self._on_update)
        self._watch_steps()
        self._watch_line()

    def _watch_steps(self) -> None:
        run_step = BaseOrchestrator.run_step

        @functools.wraps(run_step)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                run_step(*args, **kwargs)
            except Exception as error:
                self.error = self.error or error
                raise

        setattr(BaseOrchestrator, "run_step", run)  # noqa: B010  (its type names the first parameter `self`)

    def _watch_line(self) -> None:
        request, handle = RestZenStore._request, RestZenStore._handle_response

        @functools.wraps(request)
        def asked(store: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return request(store, *args, **kwargs)
            except (ChunkedEncodingError, ConnectionError, Timeout):
                self.unreachable = True
                raise

        def handled(response: Response) -> Any:
            self.unreachable = self.unreachable or response.status_code >= 500
            return handle(response)

        setattr(RestZenStore, "_request", asked)  # noqa: B010  (its type names the first parameter `self`)
        RestZenStore._handle_response = staticmethod(handled)

    def _on_run(self, answer: tuple[PipelineRunResponse, bool], *_: Any) -> None:
        if self.run_id is None:
            self.run_id = str(answer[0].id)
            report.write("status", status="initializing", run_id=self.run_id)

    def _on_step(self, step: StepRunResponse, *_: Any) -> None:
        if not self._names:
            report.write("status", status="running", run_id=self.run_id)
        self._names[str(step.id)] = step.name
        self._report_step(step, getattr(step, "exception_info", None))

    def _on_update(self, step: StepRunResponse, step_run_id: Any, step_run_update: StepRunUpdate) -> None:
        if step_run_update.status:
            self._report_step(step, step_run_update.exception_info)

    def _report_step(self, step: StepRunResponse, error: Any) -> None:
        if self._last.get(step.name) == step.status.value:
            return
        self._last[step.name] = step.status.value
        why = _reason(step.name, error) if error else ""
        self.reason = self.reason or why
        report.write("step", name=step.name, status=step.status.value, **({"reason": why} if why else {}))


def _reason(step: str, error: Any) -> str:
    return failure_messages.of_step(step, failure_messages.of_exception(error.source or "", error.message or ""))


def _after(owner: type, name: str, callback: Callable[..., None]) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def call(store: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(store, *args, **kwargs)
        callback(answer, *args, *kwargs.values())
        return answer

    setattr(owner, name, call)
