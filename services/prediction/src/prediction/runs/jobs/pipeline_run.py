"""The inference pipeline of the model's plug-in, in a child process."""

from functools import partial
from typing import Protocol

from contracts.catalog.models import ModelSummary
from pipelines.outcome import RunOutcome
from pipelines.port import RunSpec
from pipelines.process_usage import ProcessUsage
from pipelines.run_process import RunProcess
from pipelines.scheduling import ResourceRequest, image_settings, pod_settings
from prediction.plugins import BadPlugin, module_of
from prediction.projections.domain import inference_defaults
from prediction.runs.jobs.context import Progress, WorkerContext
from prediction.runs.jobs.errors import RunFailed, RunInterrupted
from prediction.runs.jobs.staging import input_key
from prediction.runs.tables import PredictionRow
from prediction.runs.transitions import PREDICTIONS
from runs.driver import follow
from runs.usage_records import Account, Entry, recorded


class Delivery(Protocol):
    """The delivery of a job, as far as the pipeline needs it."""

    child: RunProcess | None

    @property
    def row(self) -> PredictionRow: ...

    @property
    def context(self) -> WorkerContext: ...

    @property
    def progress(self) -> Progress: ...

    @property
    def account(self) -> Account: ...

    async def write_usage(self, entry: Entry, usage: ProcessUsage) -> None: ...

    async def record_status(self, status: str, run_id: str | None = None, reason: str = "") -> None: ...


async def infer(delivery: Delivery, tiles: int) -> bool:
    """Whether the run completed; if not, the row says how it ended."""
    await delivery.progress("predict", 0, tiles)
    async with delivery.context.launcher.start(spec_of(delivery)) as child:
        delivery.child = child
        try:
            async with recorded(child, partial(delivery.write_usage, delivery.account.process())):
                outcome = await follow(child, lambda report: _handle(report, delivery))
            return await _conclude(outcome, delivery)
        finally:
            delivery.child = None


async def _handle(report: dict, delivery: Delivery) -> None:
    if report["type"] == "status":
        await delivery.record_status(report["status"], report.get("run_id"))
    elif report["type"] == "progress":
        await delivery.progress(str(report.get("stage", "predict")), int(report["done"]), int(report["total"]))


async def _conclude(outcome: RunOutcome, delivery: Delivery) -> bool:
    if outcome.cause == "server":
        raise RunInterrupted(outcome.reason)
    await delivery.record_status(outcome.status, outcome.run_id, outcome.reason)
    return outcome.status == "completed" and delivery.row.status == "completed"


def spec_of(delivery: Delivery) -> RunSpec:
    row, facts = delivery.row, ModelSummary.model_validate(delivery.row.facts)
    needs = ResourceRequest(facts.image, facts.accelerator, facts.accelerator_count)
    return RunSpec(
        name=PREDICTIONS.run_name(row.id, row.attempt), module=_module(facts), pipeline="inference",
        parameters={
            "model_uri": facts.onnx_uri,
            "input_images": delivery.context.storage.uri(input_key(row.id)),
            "inference_params": inference_defaults(facts.hyperparameters) | row.params,
        },
        tags=["prediction"], settings=image_settings(needs),
        step_settings={"run_inference": pod_settings("inference", needs, delivery.context.cluster, row.user_id)},
    )  # fmt: skip


def _module(facts: ModelSummary) -> str:
    try:
        return module_of(facts.entrypoint)
    except BadPlugin as problem:
        raise RunFailed(str(problem)) from problem
