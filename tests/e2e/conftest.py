"""The whole of Fairway, once for all tests of this folder: backing servers, sandbox, five services, workers."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
from pmtiles.reader import MmapSource, Reader
from rich.console import Console

from fairway import Fairway
from stack import run as servers
from stack.demo.demo_area import read_demo_area
from stack.demo.job import Job
from stack.demo.stages import Stages
from stack.home import Env, Home
from stack.platform import run
from stack.platform.models import introduce
from stack.platform.settings import public_url
from tests.e2e import package_sources

VIOLATION = re.compile("(permissions|authorization|publish|subscription) violation", re.IGNORECASE)
OF_TESTS = ("odd-tiles", "dead_server")
"""Ports of servers that tests start themselves, and of one that nobody starts."""
DATA = Path(__file__).parents[3] / "shared" / "data" / "banepa"


@dataclass(frozen=True)
class Platform:
    home: Home
    env: Env
    data: Path | None

    @property
    def url(self) -> str:
        return public_url(self.home)

    @property
    def token(self) -> str:
        return self.home.secret("dev-token")

    def refused(self) -> list[str]:
        """What somebody tried on the bus that is not his to do, as the services and the server have written it down:
        such a message is dropped, and its sender goes on."""
        logs = {path.name: path.read_text(errors="replace") for path in (self.home.path / "logs").glob("*.log")}
        lines = [(name, line) for name, text in logs.items() for line in text.splitlines()]
        return [f"{name}: {line}" for name, line in lines if VIOLATION.search(line)]

    def dead_letters(self) -> int:
        with self.client() as fairway:
            return fairway.transport.get("/dead-letters/", limit=1)["count"]

    def item(self, collection: str, item_id: str) -> dict[str, Any]:
        """As the public catalogue has it."""
        url = f"{self.env['FAIR_STAC_API_URL']}/collections/{collection}/items/{item_id}"
        return httpx.get(url, timeout=10).raise_for_status().json()

    def ask_live(self, job: Job, base: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """To everybody, as fAIr's front end asks: with the addresses of the item of a base model and nothing else."""
        assets = base["assets"]
        body = {
            "model_uri": assets["model"]["href"], "image_uri": f"{job.tiles}/predict/{{z}}/{{x}}/{{y}}.jpg",
            "bbox": job.area.predict_box(), "zoom": job.area.zoom, "params": params,
        }  # fmt: skip
        answer = httpx.post(assets["mlm:inference-endpoint"]["href"], json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def client(self, person: str | None = None) -> Fairway:
        """The administrator of the sandbox, or `<id>:<name>`."""
        return Fairway(self.url, self.token, {"X-Dev-User": person} if person else None)


def expect_same_features(files: dict[str, Path]) -> None:
    """In GeoJSON and FlatGeobuf of a result; its PMTiles have the zooms that a map needs."""
    features = json.loads(files["geojson"].read_text())["features"]
    assert pyogrio.read_info(files["fgb"])["features"] == len(features)
    with files["pmtiles"].open("rb") as file:
        assert Reader(MmapSource(file)).header()["max_zoom"] >= 14


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    home = Home.default()
    os.environ["OUTBOUND_ALLOW_IMAGERY"] = ",".join(f"127.0.0.1:{home.port(name)}" for name in OF_TESTS)
    os.environ["OUTBOUND_ALLOW_WEBHOOKS"] = f"127.0.0.1:{home.port('sandbox-webhooks')}"
    os.environ["AUTOPKG_SOURCE_CATALOGUE"] = str(package_sources.prepare(home))
    data = DATA if DATA.exists() else None
    try:
        yield Platform(home, run.up(data, home=home, apart=True), data)
    finally:
        if not os.environ.get("FAIRWAY_KEEP"):
            servers.down(home=home)


@pytest.fixture(scope="session")
def job(platform: Platform) -> Job:
    console = Console(quiet=True)
    with platform.client() as fairway:
        place = read_demo_area(platform.data)
        yield Job(fairway, platform.home, place, Stages(console), console, "rooftop_light", {"max_minutes": 1})


@pytest.fixture(scope="session")
def done(job: Job, tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Everything the job made, in the order it was made."""
    introduce(job.home)
    base = job.register()
    dataset = job.build()
    training = job.train(base, dataset)
    item_id = job.fairway.trainings.publish(training.id)
    job.publish(dataset, item_id)
    prediction = job.predict(item_id)
    files = job.download(prediction, tmp_path_factory.mktemp("results"))
    return {
        "base": base,
        "dataset": dataset,
        "training": training,
        "item": item_id,
        "prediction": prediction,
        "files": files,
    }
