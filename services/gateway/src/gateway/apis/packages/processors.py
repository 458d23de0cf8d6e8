"""Processors: what can be made for an area."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.catalog.packages import Dataset, ListProcessors, ProcessorVersion
from gateway.apis.packages.dialect import PACKAGES, READ
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask
from gateway.http.routing import Routes
from kit.errors import NotFound

routes = Routes("processors", PACKAGES)
STORED_ONLY = ("status", "uri")
"""Members of a stored version, which single processors do not have."""


class DatasetProcessors(Dataset):
    """One dataset with its processors."""


@routes.get("/processors", Policy.PUBLIC_READ, list[DatasetProcessors], scope=READ)
async def list_processors(request: Request) -> Response:
    """Lists all processors by their datasets."""
    return await ask(request, ListProcessors())


@routes.get("/processors/{dataset_name}", Policy.PUBLIC_READ, DatasetProcessors, scope=READ)
async def get_dataset_processors(request: Request, dataset_name: str) -> Response:
    """Returns all versions of one dataset."""
    versions = [_without_stored(one) for one in await _versions(request, dataset_name)]
    return JSONResponse({"name": dataset_name, "versions": versions})


@routes.get("/processors/{dataset_name}/{version}", Policy.PUBLIC_READ, ProcessorVersion, scope=READ)
async def get_processor(request: Request, dataset_name: str, version: str) -> Response:
    """Returns one version of a dataset."""
    return JSONResponse(await processor(request, dataset_name, version))


async def processor(request: Request, dataset_name: str, version: str) -> dict[str, Any]:
    """Raises NotFound."""
    unknown = f"no such processor version: {dataset_name}.{version}"
    for one in await _versions(request, dataset_name, unknown):
        if one["version"] == version:
            return _without_stored(one)
    raise NotFound("processor_not_found", unknown)


async def _versions(request: Request, dataset_name: str, unknown: str = "") -> list[dict[str, Any]]:
    for dataset in orjson.loads(await answer(request, ListProcessors())):
        if dataset["name"] == dataset_name:
            return dataset["versions"]
    raise NotFound("processor_not_found", unknown or f"no such processor: {dataset_name}")


def _without_stored(version: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in version.items() if name not in STORED_ONLY}
