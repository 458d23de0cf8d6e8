"""`/task/status/{id}/`: how a run goes. v1 named queue entries here; these ids name rows (`training-9`)."""

from typing import Annotated, Any

import orjson
from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from contracts import prediction as p
from contracts import training as t
from contracts.base import Query
from gateway.api.runs import OUTSIDE
from gateway.policy import Policy
from gateway.queries import JSON, answer
from gateway.v1.routes import EarlyRoutes
from gateway.v1.run_rows import Task
from gateway.v1.settings import early_settings
from gateway.v1.statuses import STATES, TASK_STATES, task_of
from kit.errors import DomainError, NotFound

routes = EarlyRoutes("task")
TaskId = Annotated[str, Path(max_length=200)]
UNKNOWN = {"status": "PENDING", "result": None, "traceback": None}


async def task_status(request: Request, task_id: TaskId) -> Response:
    """Unknown ids are pending for ever, as they were."""
    task = task_of(task_id)
    told = await _told(request, *task) if task else UNKNOWN
    return Response(orjson.dumps({"id": task_id, **told}), media_type=JSON)


routes.get("/training/status/{task_id}/", Policy.PUBLIC_READ, Task, name="training_task_status")(task_status)
routes.get("/task/status/{task_id}/", Policy.PUBLIC_READ, Task)(task_status)


async def _told(request: Request, kind: str, row_id: int) -> dict[str, Any]:
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
    """The end of the log, as far as the caller may read it and there is one."""
    if not row["zenml_run_id"]:
        return ""
    owner = t if kind == "training" else p
    query: Query = owner.GetRunLogs(run_id=row["zenml_run_id"], tail=early_settings().log_lines)
    try:
        lines = orjson.loads(await answer(request, query, OUTSIDE))
    except DomainError:
        return ""
    return "\n".join(line["message"] for line in lines)
