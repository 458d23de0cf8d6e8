"""One run from its specification to its outcome."""

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipelines import failure_messages
from pipelines.child import outputs, plugins, resume, store
from pipelines.child.process import Stop, Stopped
from pipelines.outcome import RunOutcome, failed
from pipelines.port import OUTPUTS, PipelinesDown, RunSpec, RunStatus
from pipelines.zenml_responses import HOST

log = logging.getLogger(__name__)


class BadSpec(Exception):
    """The run cannot start with this specification; the text says why."""


def run(spec_file: Path, stop: Stop) -> RunOutcome:
    """Runs to the end. Errors become the outcome's reason; their traceback is logged."""
    try:
        with asyncio.Runner() as loop:
            return _Run(_read(spec_file), loop, stop).outcome(spec_file.parent)
    except BadSpec as error:
        return RunOutcome("failed", str(error), cause="spec")
    except Stopped:
        return RunOutcome("stopped", failure_messages.STOPPED)
    except PipelinesDown:
        log.exception("server.away")
        return RunOutcome("failed", failure_messages.UNREACHABLE, cause="server")


def _read(spec_file: Path) -> RunSpec:
    try:
        return TypeAdapter(RunSpec).validate_json(spec_file.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadSpec(f"The specification of the run is not valid: {error}") from error


class _Run:
    """The event loop serves the REST adapter only; it is blocked while ZenML runs the steps."""

    def __init__(self, spec: RunSpec, loop: asyncio.Runner, stop: Stop) -> None:
        self._spec, self._loop, self._stop = spec, loop, stop
        self._pipelines, self._local = loop.run(store.sign_in())

    def outcome(self, folder: Path) -> RunOutcome:
        outcome = self._loop.run(resume.resume_run(self._pipelines, self._spec.name, folder)) or self._begin()
        return self._with_readable_outputs(outcome) if outcome.status == "completed" and outcome.run_id else outcome

    def _with_readable_outputs(self, outcome: RunOutcome) -> RunOutcome:
        """Imports the plug-in first: values may have its types, and another worker may have run it."""
        _pipeline(self._spec)
        try:
            made = self._loop.run(self._pipelines.artifacts(outcome.run_id or ""))
            outputs.make_readable([made[name] for name in OUTPUTS[self._spec.pipeline] if name in made])
        except outputs.Unreadable as error:
            log.exception("output.unreadable")
            return RunOutcome("failed", str(error), outcome.run_id)
        return outcome

    def _begin(self) -> RunOutcome:
        from pipelines.child.observe import Observer

        observer, error = Observer(), None
        observer.attach()
        try:
            self._submit()
        except BadSpec:
            raise
        except Stopped:
            log.info("run.stopped")
        except Exception as failure:
            log.exception("run.failed")
            error = observer.error or failure
        return self._conclude(observer.reason or (failure_messages.UNREACHABLE if observer.unreachable else ""), error)

    def _submit(self) -> None:
        """Returns when the run is over, on the local orchestrator and on others that are configured to wait."""
        from zenml import Model
        from zenml.enums import ExecutionMode

        spec = self._spec
        _pipeline(spec).with_options(
            run_name=spec.name,
            enable_cache=False,
            execution_mode=ExecutionMode.STOP_ON_FAILURE,
            steps=_steps(spec),
            settings=spec.settings,
            model=Model(name=spec.model_name) if spec.model_name else None,
            tags=spec.tags,
            extra={HOST: socket.gethostname()} if self._local else {},
        )(**spec.parameters)

    def _conclude(self, reason: str, error: Exception | None) -> RunOutcome:
        """The server's record decides the status; the reason of a failure is better known here."""
        stopped = self._stop.requested
        why = reason or (failure_messages.of_exception(type(error).__name__, str(error)) if error else "")
        status, words = (RunStatus.STOPPED, failure_messages.STOPPED) if stopped else (RunStatus.FAILED, why)
        outcome = self._loop.run(resume.close_run(self._pipelines, self._spec.name, status, words))
        if stopped and (outcome is None or outcome.status != "completed"):
            return RunOutcome("stopped", failure_messages.STOPPED, outcome.run_id if outcome else None)
        if outcome is None:
            return RunOutcome("failed", f"The run could not begin: {why}", cause="spec")
        if outcome.status == "failed":
            return failed(reason or outcome.reason or why, outcome.run_id)
        return outcome


def _steps(spec: RunSpec) -> dict[str, dict[str, Any]]:
    steps: dict[str, dict[str, Any]] = {}
    for part, by_step in (("parameters", spec.step_parameters), ("settings", spec.step_settings)):
        for name, values in by_step.items():
            steps.setdefault(name, {})[part] = values
    return steps


def _pipeline(spec: RunSpec) -> Any:
    from zenml.utils import source_utils

    source_utils.set_custom_source_root(plugins.root())
    try:
        return getattr(plugins.load(spec.module), f"{spec.pipeline}_pipeline")
    except (ImportError, AttributeError) as error:
        log.exception("plugin.unusable")
        raise BadSpec(f"The model {spec.module} cannot be loaded") from error
