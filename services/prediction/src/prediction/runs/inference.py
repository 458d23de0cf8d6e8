"""The inference pipeline of the model's plug-in, in a child process."""

from typing import TYPE_CHECKING

from contracts.catalog.models import ModelFacts
from pipelines.end import End
from pipelines.port import RunSpec
from pipelines.scheduling import Needs, image_settings, pod_settings
from prediction.known.domain import inference_defaults
from prediction.plugins import BadPlugin, module_of
from prediction.runs.life import run_name
from prediction.runs.ports import Failed, Later
from prediction.runs.staging import input_key

if TYPE_CHECKING:
    from prediction.runs.drive import Drive


async def infer(drive: "Drive", tiles: int) -> bool:
    """Whether the run completed; if not, the row says how it ended."""
    await drive.progress("predict", 0, tiles)
    async with drive.tools.launcher.start(spec_of(drive)) as child:
        drive.child = child
        try:
            async for report in child.reports():
                await _hear(report, drive)
            return await _concluded(await child.wait(), drive)
        finally:
            drive.child = None


async def _hear(report: dict, drive: "Drive") -> None:
    if report["type"] == "status":
        await drive.hear(report["status"], report.get("run_id"))
    elif report["type"] == "progress":
        await drive.progress(str(report.get("stage", "predict")), int(report["done"]), int(report["total"]))


async def _concluded(end: End, drive: "Drive") -> bool:
    if end.cause == "server":
        raise Later(end.reason)
    await drive.hear(end.status, end.run_id, end.reason)
    return end.status == "completed" and drive.row.status == "completed"


def spec_of(drive: "Drive") -> RunSpec:
    row, facts = drive.row, ModelFacts.model_validate(drive.row.facts)
    needs = Needs(facts.image, facts.accelerator, facts.accelerator_count)
    return RunSpec(
        name=run_name(row.id, row.attempt), module=_module(facts), pipeline="inference",
        parameters={
            "model_uri": facts.onnx_uri,
            "input_images": drive.tools.storage.uri(input_key(row.id)),
            "inference_params": inference_defaults(facts.hyperparameters) | row.params,
        },
        tags=["prediction"], settings=image_settings(needs),
        step_settings={"run_inference": pod_settings("inference", needs, drive.tools.cluster, row.user_id)},
    )  # fmt: skip


def _module(facts: ModelFacts) -> str:
    try:
        return module_of(facts.entrypoint)
    except BadPlugin as problem:
        raise Failed(str(problem)) from problem
