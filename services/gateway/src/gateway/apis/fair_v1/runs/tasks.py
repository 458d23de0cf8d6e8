"""`/task/status/{id}/`: status of a run. v1 used ids of queue entries; these ids name rows (`training-9`)."""

from typing import Annotated, Any

import orjson
from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from contracts import prediction as p
from contracts import training as t
from contracts.base import Query
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.run_rows import Task
from gateway.apis.fair_v1.settings import v1_settings
from gateway.apis.fair_v1.statuses import STATES, TASK_STATES, task_of
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer
from gateway.http.routing import Routes
from kit.errors import DomainError, NotFound

routes = Routes("task", V1)
TaskId = Annotated[str, Path(max_length=200)]
UNKNOWN = {"status": "PENDING", "result": None, "traceback": None}


async def task_status(request: Request, task_id: TaskId) -> Response:
    """Unknown ids are always pending, as in v1."""
    task = task_of(task_id)
    state = await _task_state(request, *task) if task else UNKNOWN
    return Response(orjson.dumps({"id": task_id, **state}), media_type=JSON)


routes.get("/training/status/{task_id}/", Policy.PUBLIC_READ, Task, name="training_task_status")(task_status)
routes.get("/task/status/{task_id}/", Policy.PUBLIC_READ, Task)(task_status)


async def _task_state(request: Request, kind: str, row_id: int) -> dict[str, Any]:
    query = t.GetTraining(training_id=row_id) if kind == "training" else p.GetPrediction(prediction_id=row_id)
    try:
        row = orjson.loads(await answer(request, query))
    except NotFound:
        return UNKNOWN
    state = TASK_STATES[STATES[row["status"]]]
    if state == "FAILURE":
        return {"status": state, "result": row["error"], "error": row["error"], "traceback": row["error"]}
    result = None if state in ("PENDING", "STARTED") else row.get("metrics") or row.get("assets")
    lines = await _lines(request, kind, row) if result is None else None
    return {"status": state, "result": result, "traceback": lines}


async def _lines(request: Request, kind: str, row: dict[str, Any]) -> str:
    """Returns the end of the log; empty when there is none or the caller may not read it."""
    if not row["zenml_run_id"]:
        return ""
    owner = t if kind == "training" else p
    query: Query = owner.GetRunLogs(run_id=row["zenml_run_id"], tail=v1_settings().log_lines)
    try:
        lines = orjson.loads(await answer(request, query, PIPELINE_SERVER_WAIT))
    except DomainError:
        return ""
    return "\n".join(line["message"] for line in lines)
