"""ZenML's JSON (0.98) to our dataclasses. Its times are UTC without a zone."""

from datetime import UTC, datetime
from typing import Any

from pipelines import reasons
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
"""ZenML knows more states than the public API."""
_DATA_FILES = {
    "BytesMaterializer": "data.txt",
    "BuiltInMaterializer": "data.json",
    "BuiltInContainerMaterializer": "data.json",
}
_LEVELS = {10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}


def status(word: str) -> RunStatus:
    """An unknown word raises PipelinesDown: this server is not the one we were built for."""
    try:
        return _OTHER_WORDS.get(word) or RunStatus(word)
    except ValueError as error:
        raise PipelinesDown(f"The pipeline server tells an unknown state: {word}") from error


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
        reasons.of_step(item["name"], why) if failed else why,
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
    return reasons.of_exception(error.get("source") or "", error.get("message") or "") if error else ""


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
    return LogEntry(_LEVELS.get(item["level"], "INFO"), item["message"], time(item["timestamp"]))


def artifacts(steps: list[Json]) -> dict[str, Artifact]:
    """All outputs of the steps by name; of equal names the one made last."""
    found = {}
    for item in steps:
        for name, versions in item["resources"]["outputs"].items():
            body = versions[-1]["body"]
            file = _DATA_FILES.get(body["materializer"]["attribute"])
            found[name] = Artifact(name, item["name"], body["uri"], f"{body['uri']}/{file}" if file else None)
    return found
