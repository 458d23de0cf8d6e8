"""A model that detects the roofs of the synthetic tiles, announced to the prediction service as the catalog does."""

import asyncio
import subprocess
import sys
from pathlib import Path

import nats

from contracts.catalog.models import BaseModelRegistered
from kit.messaging.envelope import SERVICE, headers_of, new_id
from kit.testing import example
from stack.bench.system import System
from stack.bucket import client
from stack.home import REPOSITORY

KEY = "bench/rooftops.onnx"
MINUTES = 0.2
LIMIT = 600


def model(system: System) -> str:
    """The id of its item."""
    s3, bucket = client(system.env), system.env["BUCKET_NAME"]
    s3.upload_file(str(_trained(system.home.folder("bench-model"))), bucket, KEY)
    return asyncio.run(_publish_model(system.env["NATS__URL"], f"s3://{bucket}/{KEY}"))


def _trained(folder: Path) -> Path:
    """Trains a model for some seconds on a toy dataset of the same colours."""
    from geoml.testing import toy_dataset

    files = toy_dataset(folder / "toy", 4, 4)
    for made, name in ((files["chips"], "oam"), (files["labels"], "osm/labels.geojson")):
        target = folder / "train" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        made.rename(target)
    arguments = ["--data", str(folder), "--minutes", str(MINUTES), "--out", str(folder / "out")]
    command = [sys.executable, "-m", "geoml.local_training", "models.rooftop_light", *arguments]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, timeout=LIMIT)
    return folder / "out" / "model.onnx"


async def _publish_model(url: str, onnx: str) -> str:
    event = example(BaseModelRegistered)
    facts = event.facts.model_copy(update={"stac_item_id": "bench-rooftops", "onnx_uri": onnx})
    event = event.model_copy(update={"visibility": "public", "model_id": 1_000_000, "facts": facts})
    connection = await nats.connect(url)
    headers = headers_of(event, "catalog", SERVICE, new_id())
    await connection.jetstream().publish(event.subject(), event.model_dump_json().encode(), headers=headers)
    await connection.close()
    return facts.stac_item_id
