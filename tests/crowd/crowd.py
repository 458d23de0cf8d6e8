"""What the tests of this folder do again and again."""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import psycopg
from PIL import Image

from kit.settings import StorageSettings
from kit.storage.object_storage import Storage
from stack.bench.system import System
from stack.processes import Daemon
from tests.surface.people import Who, headers
from tests.surface.rows import Rows

WORKER = "prediction-worker-1"
LIMIT = 60.0
FEATURES = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": None, "properties": {}}]}
Json = dict[str, Any]
_numbers = count(1)


def wishes(**changes: Any) -> Json:
    """Mapswipe wants names that differ."""
    return {
        "topic": "Roofs", "region": "Hilltop", "look_for": "buildings", "description": "Found by a model.",
        "instruction": "Is it a roof?", "project_number": next(_numbers), **changes,
    }  # fmt: skip


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#ff0000").save(content, "PNG")
    return content.getvalue()


@dataclass
class Crowd:
    system: System
    url: str
    http: httpx.Client
    theirs: httpx.Client
    rows: Rows
    storage: Storage
    worker: Daemon

    @classmethod
    @contextmanager
    def of(cls, system: System, url: str) -> "Iterator[Crowd]":
        settings = StorageSettings.model_validate(
            {name: system.env[name] for name in system.env if name.startswith(("AWS_", "BUCKET"))}
            | {"PARENT_BUCKET_FOLDER": "dev"}
        )
        with (
            httpx.Client(base_url=system.url, timeout=60, trust_env=False) as http,
            httpx.Client(base_url=url, timeout=30, trust_env=False) as theirs,
        ):
            yield cls(system, url, http, theirs, Rows(system), Storage(settings), system.daemons[WORKER])

    def ask(self, method: str, path: str, who: Who = Who.OWNER, **extra: Any) -> httpx.Response:
        return self.http.request(method, path, headers=headers(who, self.system.token), **extra)

    def push(self, prediction_id: int, body: Any = None, who: Who = Who.OWNER) -> httpx.Response:
        return self.ask("POST", f"/predictions/{prediction_id}/mapswipe/", who, json=wishes() if body is None else body)

    def state(self, prediction_id: int) -> Json:
        response = self.ask("GET", f"/predictions/{prediction_id}/mapswipe/")
        assert response.status_code == 200, response.text
        return response.json()

    def ended(self, prediction_id: int, limit: float = LIMIT) -> Json:
        return until(lambda: self.state(prediction_id), lambda s: s["state"] not in ("queued", "pushing"), limit)

    def pushed(self, prediction_id: int, body: Any = None) -> Json:
        response = self.push(prediction_id, body)
        assert response.status_code == 202, response.text
        state = self.ended(prediction_id)
        assert state["state"] == "pushed", state
        return state

    def prediction(self, visibility: str = "private", ready: bool = True) -> int:
        """Of the owner; a ready one has its features in the store."""
        made = self.rows.seen_as(visibility).prediction("completed")
        if ready:
            with self.database() as connection:
                connection.execute(
                    "UPDATE predictions SET results_ready = true, feature_count = 1, image_uri = %s WHERE id = %s",
                    (self.imagery, made),
                )
            self.store(f"predict/{made}/output/predictions.geojson", json.dumps(FEATURES).encode())
        return made

    @property
    def imagery(self) -> str:
        return f"http://127.0.0.1:{self.system.home.port('sandbox-tiles')}/predict/{{z}}/{{x}}/{{y}}.jpg"

    def store(self, key: str, content: bytes, kind: str = "application/geo+json") -> str:
        """An address of it."""
        client, bucket = self.storage.client, self.storage.settings.bucket
        client.put_object(Bucket=bucket, Key=self.storage.prefix + key, Body=content, ContentType=kind)
        return self.storage.presigned(key)

    def database(self) -> psycopg.Connection:
        return self.system.connect("prediction")

    def row(self, prediction_id: int) -> Json:
        return self.ask("GET", f"/predictions/{prediction_id}/").json()

    def notices(self, prediction_id: int) -> list[str]:
        rows = self.ask("GET", "/notifications/me/?limit=200").json()["results"]
        return [row["message"] for row in rows if row["message"].startswith(f"Prediction {prediction_id} ")]

    def trouble(self, kind: str, times: int = 1, at: str = "") -> None:
        self.theirs.post("/sandbox/trouble", json={"kind": kind, "times": times, "at": at}).raise_for_status()

    def held(self) -> int:
        return self.theirs.get("/sandbox/trouble").json()["held"]

    def projects(self) -> list[Json]:
        return self.theirs.get("/sandbox/projects").json()

    def project(self, project_id: str) -> Json:
        return next(project for project in self.projects() if project["id"] == project_id)


def until(look: Callable[[], Any], right: Callable[[Any], bool] = bool, limit: float = LIMIT) -> Any:
    """What `look` gave when it was right; AssertionError after `limit` seconds."""
    end = time.monotonic() + limit
    while not right(seen := look()):
        assert time.monotonic() < end, seen
        time.sleep(0.1)
    return seen
