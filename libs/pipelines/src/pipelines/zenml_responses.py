"""Converts ZenML's JSON (0.98) to the dataclasses of the port. Its times are UTC without a zone."""

from datetime import UTC, datetime
from typing import Any

from pipelines import failure_messages
from pipelines.port import Artifact, LogEntry, PipelinesDown, RunInfo, RunState, RunStatus, StepState

Json = dict[str, Any]

HOST = "fairway_host"
"""Key in the `extra` of a run's configuration."""

_OTHER_WORDS = {
    "queued": RunStatus.PROVISIONING,
    "paused": RunStatus.RUNNING,
    "resuming": RunStatus.RUNNING,
    "skipped": RunStatus.STOPPED,
    "cancelling": RunStatus.STOPPING,
    "cancelled": RunStatus.STOPPED,
}
"""ZenML has more states than the public API."""
_DATA_FILES = {
    "BytesMaterializer": "data.txt",
    "BuiltInMaterializer": "data.json",
    "BuiltInContainerMaterializer": "data.json",
}
_LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}


def status(word: str) -> RunStatus:
    """Raises PipelinesDown for an unknown state: the server has an unsupported version."""
    try:
        return _OTHER_WORDS.get(word) or RunStatus(word)
    except ValueError as error:
        raise PipelinesDown(f"The pipeline server reports an unknown state: {word}") from error


def time(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def step(item: Json) -> StepState:
    body, why = item["body"], _exception(item["metadata"])
    failed = why and body["status"] == "failed"
    return StepState(
        item["name"],
        status(body["status"]),
        failure_messages.of_step(item["name"], why) if failed else why,
        time(body["start_time"]),
        time(body["end_time"]),
    )


def run(item: Json, steps: list[StepState]) -> RunState:
    """`item` with its metadata (`hydrate`)."""
    body, meta = item["body"], item["metadata"]
    reason = body["status_reason"] or next((step.reason for step in steps if step.reason), "") or _exception(meta)
    ordered = sorted(steps, key=lambda step: (step.started is None, step.started))
    return RunState(
        item["id"],
        item["name"],
        status(body["status"]),
        reason,
        ordered,
        time(meta["start_time"]),
        time(meta["end_time"]),
        *_model_version(item),
        meta["config"]["extra"].get(HOST),
    )


def _exception(meta: Json) -> str:
    error = meta["exception_info"]
    return failure_messages.of_exception(error.get("source") or "", error.get("message") or "") if error else ""


def _model_version(item: Json) -> tuple[str | None, int | None]:
    version = item["resources"]["model_version"]
    return (version["body"]["model"]["name"], version["body"]["number"]) if version else (None, None)


def run_info(item: Json) -> RunInfo:
    model, version = _model_version(item)
    pipeline = item["resources"]["pipeline"]
    return RunInfo(
        item["id"],
        item["name"],
        status(item["body"]["status"]),
        time(item["body"]["created"]),
        pipeline["name"] if pipeline else "",
        model or "",
        version,
    )


def log_entry(item: Json) -> LogEntry:
    return LogEntry(_LEVELS.get(item.get("level", 0), "INFO"), item["message"], time(item.get("timestamp")))


def artifacts(steps: list[Json]) -> dict[str, Artifact]:
    """Returns all outputs of the steps by name; of equal names the latest."""
    found = {}
    for item in steps:
        for name, versions in item["resources"]["outputs"].items():
            body = versions[-1]["body"]
            found[name] = _artifact(name, item["name"], versions[-1]["id"], body)
    return found


def _artifact(name: str, step: str, version: str, body: Json) -> Artifact:
    uri, materializer = body["uri"], body["materializer"]["attribute"]
    file = _DATA_FILES.get(materializer)
    value = file if file == "data.json" else "fairway.json"
    is_json = materializer == "BuiltInMaterializer"
    return Artifact(name, step, uri, f"{uri}/{file}" if file else None, f"{uri}/{value}", is_json, version)
