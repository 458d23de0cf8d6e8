"""A mapper's browser, who waits for what takes long; no answer may be the server's fault."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import httpx

from tests.e2e.conftest import Platform
from tests.e2e.field.places import ZOOM

LIMIT = 600.0
Row = dict[str, Any]
BUILD = {
    "description": "From the field.", "category": "buildings", "zoom": ZOOM, "label_tasks": ["semantic-segmentation"],
    "label_classes": [{"name": "building", "classes": ["*"]}], "keywords": ["building"], "geometry_type": "polygon",
    "label_source": "stored",
}  # fmt: skip


class Mapper(httpx.Client):
    @classmethod
    def of(cls, platform: Platform, person: str) -> "Mapper":
        headers = {"Authorization": f"Bearer {platform.token}", "X-Dev-User": person}
        return cls(base_url=platform.url, headers=headers, timeout=60)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Comes back where it is told to, as on a busy machine; any other answer of the kind 5xx is a fault."""
        for _ in range(5):
            response = super().send(request, **options)
            if response.status_code != 503:
                break
            time.sleep(float(response.headers["retry-after"]))
        response.read()
        assert response.status_code < 500, (request.method, request.url, response.text)
        return response

    def draw(self, geometry: Row) -> int:
        body = {"type": "Feature", "geometry": geometry, "properties": {}}
        answer = self.post("/aois/", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["properties"]["id"]

    def build(self, title: str, imagery: str, aois: list[int]) -> httpx.Response:
        return self.post("/datasets/build/", json={**BUILD, "title": title, "source_imagery": imagery, "aoi_ids": aois})

    def until(self, path: str, right: Callable[[Row], object], limit: float = LIMIT) -> Row:
        """The row once it is right."""
        end = time.monotonic() + limit
        while not right(row := self.get(path).raise_for_status().json()):
            assert time.monotonic() < end, row
            time.sleep(0.3)
        return row

    def labelled(self, aoi: int) -> Row:
        """Properties of the area once its labels are stored or refused."""
        return self.until(f"/aois/{aoi}/", lambda row: row["properties"]["label_status"] != 0)["properties"]

    def labels(self, aoi: int) -> list[Row]:
        return self.get("/labels/", params={"aoi": aoi, "limit": 50}).raise_for_status().json()["results"]["features"]

    def built(self, dataset: int, limit: float = LIMIT) -> Row:
        return self.until(f"/datasets/{dataset}/", lambda row: row["status"] != "building", limit)

    def archive(self, dataset: Row) -> zipfile.ZipFile:
        content = httpx.get(dataset["assets"]["download"], timeout=60, follow_redirects=True).raise_for_status().content
        return zipfile.ZipFile(io.BytesIO(content))

    def ground(self, dataset: Row) -> list[Row]:
        """Features of the label file in the archive."""
        archive = self.archive(dataset)
        [name] = [name for name in archive.namelist() if name.endswith("labels.geojson")]
        return json.loads(archive.read(name))["features"]


def told(outcome: Row | None) -> int:
    """How many things are left out with a reason for each; the sums have to be right."""
    assert outcome is not None, "no outcome is told"
    for entry in (*outcome["left_out"], *outcome["altered"]):
        assert entry["count"] > 0
        assert entry["reason"].rstrip().endswith("."), entry
        assert entry["examples"]
    left_out = sum(entry["count"] for entry in outcome["left_out"])
    assert outcome["wanted"] == outcome["done"] + left_out, outcome
    return left_out
