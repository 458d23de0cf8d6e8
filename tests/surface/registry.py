"""Models, datasets and trainings as pipelines leave them: rows in the databases, items in the catalogue, files in the
store."""

import asyncio
import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3
import psycopg
from psycopg.types.json import Jsonb

from catalog.stac.client import StacClient
from catalog.stac.dataset_item import dataset_item
from catalog.stac.item_inputs import DatasetItemInput, StoredFile
from stack.bench.system import System
from stack.home import REPOSITORY
from tests.surface.people import OWNER_ID
from tests.surface.rows import IMAGERY, POLYGON

Json = dict[str, Any]
STORED = StoredFile("s3://fairway/somewhere", 3, "aa" * 32)
DATASET = DatasetItemInput(
    stac_id="", title="", description="", user_id=OWNER_ID, username="owner", source_imagery=IMAGERY,
    classes=[{"name": "building", "classes": ["*"]}], tasks=["semantic-segmentation"], keywords=["building"],
    label_type="vector", geometry_type="polygon", bbox=(85.51, 27.62, 85.511, 27.621), chip_count=3, chips=STORED,
    labels=STORED, download=STORED, aoi={"type": "MultiPolygon", "coordinates": [POLYGON["coordinates"]]},
)  # fmt: skip


class Registry:
    def __init__(self, system: System) -> None:
        self.system, self.bucket = system, system.env["BUCKET_NAME"]
        self._open: dict[str, psycopg.Connection] = {}
        self.plugin: Json = json.loads((REPOSITORY / "models/unet/stac-item.json").read_text())

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()

    def _insert(self, room: str, table: str, key: str = "id", **columns: Any) -> Any:
        if room not in self._open:
            self._open[room] = self.system.connect(room)
        values = {name: Jsonb(value) if isinstance(value, dict | list) else value for name, value in columns.items()}
        names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        statement = f"INSERT INTO {table} ({names}) VALUES ({places}) RETURNING {key}"
        row = self._open[room].execute(statement, values).fetchone()  # type: ignore[arg-type]
        assert row
        return row[0]

    def base_model(self, name: str, **columns: Any) -> int:
        given = {"category": "buildings", "status": "active", "visibility": "public", "user_id": OWNER_ID, "item": {}}
        return self._insert("catalog", "base_models", **{"name": name, **given, **columns})

    def local_model(self, name: str, base_model: int, **columns: Any) -> int:
        """Known to catalog and training."""
        card = {"name": name, "user_id": OWNER_ID, "base_model_stac_id": "unet"}
        given = {"id": self._insert("training", "model_names", **card), "category": "buildings", "status": "active",
                 "visibility": "private", "user_id": OWNER_ID, "base_model_id": base_model}  # fmt: skip
        return self._insert("catalog", "local_models", **{"name": name, **given, **columns})

    def dataset(self, stac_id: str, **columns: Any) -> int:
        given = {"title": stac_id, "source_imagery": IMAGERY, "category": "buildings", "status": "built",
                 "visibility": "private", "user_id": OWNER_ID}  # fmt: skip
        return self._insert("catalog", "datasets", **{"stac_id": stac_id, **given, **columns})

    def known_dataset(self, stac_id: str, visibility: str) -> int:
        """As training heard of it."""
        number = uuid4().int % 10**9
        given = {"dataset_id": number, "user_id": OWNER_ID, "visibility": visibility, "as_of": "now"}
        self._insert("training", "known_datasets", "stac_id", stac_id=stac_id, **given)
        return number

    def completed(self, local_model: int, name: str, base: Json, dataset_stac_id: str, **columns: Any) -> int:
        """A training whose artifacts lie in the store."""
        values = base["properties"]["mlm:hyperparameters"]
        given = {
            "local_model": local_model, "model_name": name, "base_model_stac_id": base["id"], "dataset": 1,
            "dataset_stac_id": dataset_stac_id, "overrides": {}, "plan": {}, "title": "", "keywords": [],
            "description": "", "hyperparameters": {key.removeprefix("training."): value for key, value in values.items()
                                if key.startswith("training.")},
            "status": "completed", "user_id": OWNER_ID, "username": "owner", "submitted_at": "now", "queued_at": "now",
            "zenml_run_id": uuid4().hex, "outcome": self._outcome(base),
        }  # fmt: skip
        return self._insert("training", "trainings", **{**given, **columns})

    def _outcome(self, base: Json) -> Json:
        artifacts = {name: self._stored(name) for name in ("trained_model", "onnx_model")}
        metrics = {spec["key"].removeprefix("fair:"): 0.5 for spec in base["properties"]["fair:metrics_spec"]}
        return {"metrics": metrics, "split": {"strategy": "chip_holdout"}, "artifacts": artifacts, "version": 3,
                "started_at": None, "ended_at": None, "wall_seconds": 9.5}  # fmt: skip

    def _stored(self, name: str) -> str:
        env, key = self.system.env, f"zenml/{uuid4().hex}/{name}"
        s3 = boto3.client(
            "s3", endpoint_url=env["AWS_ENDPOINT_URL"], region_name=env["AWS_REGION"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"], aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip
        s3.put_object(Bucket=self.bucket, Key=key, Body=name.encode())
        return f"s3://{self.bucket}/{key}"

    def base_item(self, item_id: str) -> Json:
        """The item of a plug-in that ships with the repository, under another id and name; in the catalogue."""
        named = {**self.plugin["properties"], "mlm:name": item_id}
        return self._put({**self.plugin, "id": item_id, "collection": "base-models", "properties": named})

    def dataset_item(self, item_id: str) -> Json:
        return self._put(dataset_item(replace(DATASET, stac_id=item_id, title=item_id), 1))

    def _put(self, item: Json) -> Json:
        asyncio.run(self._on_api(lambda api: api.put(item)))
        return item

    def item(self, collection: str, item_id: str) -> Json:
        return asyncio.run(self._on_api(lambda api: api.get(collection, item_id)))

    async def _on_api(self, call: Any) -> Any:
        api = StacClient(self.system.env["FAIR_STAC_API_URL"], self.system.env["FAIR_STAC_API_KEY"])
        try:
            return await call(api)
        finally:
            await api.stop()
