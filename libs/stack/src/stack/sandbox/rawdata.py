"""The HOT Raw Data API: snapshots of OpenStreetMap as zipped GeoJSON, by asynchronous tasks."""

import io
import json
import uuid
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stack.sandbox.osm_source import OsmSource
from stack.sandbox.web import application


@dataclass
class Task:
    archive: bytes | None
    """None for a task that failed"""
    name: str
    asked: int = 0


def app(data: Path | None = None) -> Starlette:
    return RawData(OsmSource.of(data)).application()


class RawData:
    def __init__(self, source: OsmSource) -> None:
        self.source = source
        self.tasks: dict[str, Task] = {}
        self.updated = datetime.now(UTC)

    def application(self) -> Starlette:
        routes = [
            Route("/status", self.status),
            Route("/snapshot/", self.snapshot, methods=["POST"]),
            Route("/snapshot", self.snapshot, methods=["POST"]),
            Route("/tasks/status/{task_id}/", self.task),
            Route("/tasks/status/{task_id}", self.task),
            Route("/download/{task_id}.zip", self.download),
        ]
        return application(routes)

    async def status(self, request: Request) -> JSONResponse:
        return JSONResponse({"lastUpdated": self.updated.isoformat()})

    async def snapshot(self, request: Request) -> JSONResponse:
        task_id = str(uuid.uuid4())
        self.tasks[task_id] = await run_in_threadpool(self._run, await request.body())
        return JSONResponse({"task_id": task_id, "track_link": f"/tasks/status/{task_id}/"})

    async def task(self, request: Request) -> JSONResponse:
        """PENDING at the first poll, so that every client has to wait at least once."""
        task_id = request.path_params["task_id"]
        task = self._task(task_id)
        task.asked += 1
        if task.asked == 1:
            return JSONResponse({"id": task_id, "status": "PENDING", "result": None})
        if task.archive is None:
            return JSONResponse({"id": task_id, "status": "FAILED", "result": "the request could not be read"})
        result = {
            "download_url": f"{request.base_url}download/{task_id}.zip",
            "file_name": task.name,
            "zip_file_size_bytes": len(task.archive),
        }
        return JSONResponse({"id": task_id, "status": "SUCCESS", "result": result})

    async def download(self, request: Request) -> Response:
        archive = self._task(request.path_params["task_id"]).archive
        if archive is None:
            raise HTTPException(404, "nothing to download")
        return Response(archive, media_type="application/zip")

    def _task(self, task_id: str) -> Task:
        if task_id not in self.tasks:
            raise HTTPException(404, "no such task")
        return self.tasks[task_id]

    def _run(self, body: bytes) -> Task:
        try:
            asked = json.loads(body)
            area = shape(asked["geometry"])
            within = str(asked.get("useStWithin", "false")).lower() == "true"
            found = self.source.select(area, asked.get("filters") or {}, asked.get("geometryType") or [], within)
            name = str(asked.get("fileName") or "export")
            return Task(_zip(name, found, area), name)
        except (ValueError, KeyError, TypeError, AttributeError, ShapelyError):
            return Task(None, "")


def _zip(name: str, features: list[dict[str, Any]], area: BaseGeometry) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clipping_boundary.geojson", json.dumps(mapping(area)))
        archive.writestr(f"{name}.geojson", json.dumps({"type": "FeatureCollection", "features": features}))
    return content.getvalue()
