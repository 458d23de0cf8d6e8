"""One run from its specification to its end."""

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pipelines import reasons
from pipelines.child import adopt, plugins, store
from pipelines.child.process import Stop, Stopped
from pipelines.end import End
from pipelines.parse import HOST
from pipelines.port import PipelinesDown, RunSpec, RunStatus

log = logging.getLogger(__name__)


class BadSpec(Exception):
    """The run cannot begin with this specification; the text says why."""


def run(spec_file: Path, stop: Stop) -> End:
    """What goes wrong is the end's reason; the traceback is in the log."""
    try:
        with asyncio.Runner() as loop:
            return _Run(_read(spec_file), loop, stop).end(spec_file.parent)
    except BadSpec as error:
        return End("failed", str(error), cause="spec")
    except Stopped:
        return End("stopped", reasons.STOPPED)
    except PipelinesDown:
        log.exception("server.away")
        return End("failed", reasons.UNREACHABLE, cause="server")


def _read(spec_file: Path) -> RunSpec:
    try:
        return TypeAdapter(RunSpec).validate_json(spec_file.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadSpec(f"The specification of the run is not valid: {error}") from error


class _Run:
    """The loop serves the REST adapter only and stands still while ZenML, which blocks, runs the steps."""

    def __init__(self, spec: RunSpec, loop: asyncio.Runner, stop: Stop) -> None:
        self._spec, self._loop, self._stop = spec, loop, stop
        self._pipelines, self._local = loop.run(store.sign_in())

    def end(self, folder: Path) -> End:
        return self._loop.run(adopt.first_run(self._pipelines, self._spec.name, folder)) or self._begin()

    def _begin(self) -> End:
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
            error = failure
        return self._conclude(observer.reason, error)

    def _submit(self) -> None:
        """On the local orchestrator, and on others that are set to wait, this returns when the run is over."""
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

    def _conclude(self, reason: str, error: Exception | None) -> End:
        """The server's record decides; only its words for a failure are worse than what was seen here."""
        stopped = self._stop.requested
        why = reason or (reasons.of_exception(type(error).__name__, str(error)) if error else "")
        status, words = (RunStatus.STOPPED, reasons.STOPPED) if stopped else (RunStatus.FAILED, why)
        end = self._loop.run(adopt.closed(self._pipelines, self._spec.name, status, words))
        if stopped and (end is None or end.status != "completed"):
            return End("stopped", reasons.STOPPED, end.run_id if end else None)
        if end is None:
            return End("failed", f"The run could not begin: {why}", cause="spec")
        return End("failed", reason or end.reason or why, end.run_id) if end.status == "failed" else end


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
