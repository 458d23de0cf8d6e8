"""`/workspace/{path}/`: files of runs under their names of v1, read from where they are stored now.

`prediction_31/labels.geojson` is the result of prediction 31. `training_9/` has the areas and labels that training 9
used, the archive of both with the chips, its chart and, once it is published, its weights. Any other path lies below
the bucket's folder.
"""

import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog.files import GetWorkspaceUrl, ListWorkspace
from contracts.prediction import GetResult
from gateway.apis.fair_v1.answers import Row
from gateway.apis.fair_v1.data import graphs
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.rows import FileAddress, V1Workspace
from gateway.http.inputs.fields import ObjectKey
from gateway.http.limits.timeouts import STORAGE_WAIT
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from kit.errors import Conflict, DomainError, NotFound

routes = Routes("workspace", V1)
RESULTS = {
    "predictions.geojson": "labels.geojson", "predictions.pmtiles": "meta.pmtiles", "predictions.fgb": "labels.fgb",
    "predictions_points.geojson": "labels_points.geojson",
}  # fmt: skip
_RUN = re.compile(r"(training|prediction)[_/](\d{1,18})(?:/(.*))?")
MOVED: dict[int | str, dict[str, Any]] = {
    302: {"description": "Redirect to an address of the file that is valid for a limited time"},
    200: {
        "description": "The address, or the picture of a training", "model": FileAddress,
        "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
    },
}  # fmt: skip
Files = dict[str, Row]
"""Name in v1 → current file: `{key, size, last_modified}`."""


@routes.get("/workspace/download/{path:path}", Policy.PUBLIC_READ, responses=MOVED)
async def download(request: Request, path: ObjectKey, url_only: bool = False) -> Response:
    training_id = graphs.training_of(path)
    if training_id is not None:
        return await graphs.chart_response(request, training_id, url_only)
    file, run = await found(request, path), _RUN.fullmatch(path.strip("/"))
    if url_only and run and run[1] == "prediction":
        address = await _lasting(request, int(run[2]), file["key"].rpartition("/")[2])
        return Response(orjson.dumps({"result": address}), media_type=JSON)
    link = orjson.loads(await answer(request, GetWorkspaceUrl(key=file["key"]), STORAGE_WAIT))
    if url_only:
        return Response(orjson.dumps({"result": link["url"]}), media_type=JSON)
    return Response(status_code=302, headers={"location": link["url"], "cache-control": "no-store"})


@routes.get("/workspace/{path:path}", Policy.PUBLIC_READ, V1Workspace)
async def browse(request: Request, path: ObjectKey) -> Response:
    files, folders = await _listed(request, path.strip("/"))
    sizes = {name: await _size(request, prefix) for name, prefix in folders.items()}
    run = _RUN.fullmatch(path.strip("/"))
    if run and run[1] == "training" and not run[3] and (drawn := await graphs.files(request, int(run[2]))):
        sizes["graphs"] = _summed(drawn)
    body = {"file": {name: {"size": file["size"]} for name, file in files.items()}, "dir": sizes}
    return Response(orjson.dumps(body), media_type=JSON)


async def found(request: Request, path: str) -> Row:
    """Returns the current file. Raises NotFound for a file that does not exist or that the caller may not see."""
    folder, _, name = path.strip("/").rpartition("/")
    files, _ = await _listed(request, folder)
    if name not in files:
        raise NotFound("file_not_found", "File not found in S3")
    return files[name]


async def _lasting(request: Request, prediction_id: int, name: str) -> str:
    """Returns the permanent address of a result file, for maps that stay open. All files of a result share one
    token."""
    try:
        result = orjson.loads(await answer(request, GetResult(prediction_id=prediction_id), STORAGE_WAIT))
    except Conflict as problem:
        raise NotFound("file_not_found", "File not found in S3") from problem
    base, query = request_context(request).app.settings.api_base_url, urlsplit(result["geojson"]).query
    return f"{base}/predictions/{prediction_id}/results/{name}" + (f"?{query}" if query else "")


async def _listed(request: Request, path: str) -> tuple[Files, dict[str, str]]:
    """Returns files, and folders with their prefixes. Raises NotFound for a path that does not exist or that the caller
    may not see."""
    run = _RUN.fullmatch(path)
    if run is None:
        return await _level(request, f"{_root(request)}{path}/" if path else _root(request))
    if run[3]:
        drawn = await graphs.files(request, int(run[2])) if (run[1], run[3]) == ("training", "graphs") else {}
        if not drawn:
            raise NotFound("folder_not_found", "There is no such folder.")
        return drawn, {}
    of_kind = _of_training if run[1] == "training" else _of_prediction
    return await of_kind(request, int(run[2])), {}


async def _of_prediction(request: Request, prediction_id: int) -> Files:
    files, _ = await _level(request, f"{_root(request)}predict/{prediction_id}/output/")
    return {RESULTS.get(name, name): file for name, file in files.items()}


async def _of_training(request: Request, training_id: int) -> Files:
    related = RelatedData(request)
    training = await related.training(training_id)
    if training is None:
        raise NotFound("training_not_found", "There is no such training.")
    dataset, model = await related.dataset(training["dataset"]), await related.model(training["local_model"])
    found = await _learned(request, dataset["stac_id"]) if dataset else {}
    if model and model["published_training"] == training_id:
        for kind in ("checkpoint", "model"):
            weights = await _there(request, f"local-models/{model['stac_item_id']}/{kind}/")
            found |= {f"checkpoint{PurePosixPath(name).suffix}": file for name, file in weights.items()}
    return found


async def _learned(request: Request, stac_id: str) -> Files:
    packed = await _there(request, f"datasets/{stac_id}/download/")
    named = {f"preprocessed{PurePosixPath(name).suffix}": file for name, file in packed.items()}
    return await _there(request, f"datasets/{stac_id}/labels/") | named


async def _there(request: Request, folder: str) -> Files:
    """Returns an empty dictionary for a folder without files."""
    try:
        return (await _level(request, _root(request) + folder))[0]
    except DomainError:
        return {}


async def _level(request: Request, prefix: str) -> tuple[Files, dict[str, str]]:
    level: Any = orjson.loads(await answer(request, ListWorkspace(prefix=prefix), STORAGE_WAIT))
    if not level["files"] and not level["folders"]:
        raise NotFound("folder_not_found", "There is no such folder.")
    files = {file["key"].rpartition("/")[2]: file for file in level["files"]}
    return files, {folder["name"]: folder["prefix"] for folder in level["folders"]}


async def _size(request: Request, prefix: str) -> dict[str, int]:
    """Returns the total size and the number of the files directly below."""
    return _summed((await _level(request, prefix))[0])


def _summed(files: Files) -> dict[str, int]:
    return {"size": sum(file["size"] for file in files.values()), "len": len(files)}


def _root(request: Request) -> str:
    folder = request_context(request).app.settings.folder.strip("/")
    return f"{folder}/" if folder else ""
