"""What the demo makes of the generated village, once for all tests of this folder, and other people's programs to open
it: they run in an environment of their own, so that ours stays as it is.

The pins of `requirements/programs.txt` come from `programs.in`, as those of the servers do (libs/stack/README.md).
"""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from fairway import Fairway, rows
from stack import run as servers
from stack.demo.demo_area import read_demo_area
from stack.demo.job import Job
from stack.demo.stages import Stages
from stack.home import Env, Home
from stack.install import environment
from stack.platform import run
from stack.platform.settings import public_url

SCRIPTS = Path(__file__).parent / "scripts"
LIMIT = 600
Facts = dict[str, Any]


@dataclass(frozen=True)
class Village:
    """What the mapper of the demo has when all is done, shown to everybody; `url` is the API's."""

    home: Home
    env: Env
    url: str
    base: rows.BaseModelEntry
    dataset: rows.Dataset
    training: rows.Training
    model: str
    prediction: rows.Prediction
    result: dict[str, str]
    box: tuple[float, float, float, float]

    @property
    def stac(self) -> str:
        """The STAC API, without a slash at the end."""
        return self.env["FAIR_STAC_API_URL"].rstrip("/")

    @property
    def token(self) -> str:
        return self.home.secret("dev-token")

    def item(self, collection: str, item_id: str) -> Facts:
        url = f"{self.stac}/collections/{collection}/items/{item_id}"
        return httpx.get(url, timeout=10).raise_for_status().json()

    def items(self) -> list[Facts]:
        """One of each collection."""
        return [
            self.item("base-models", self.base.stac_item_id),
            self.item("datasets", self.dataset.stac_id),
            self.item("local-models", self.model),
        ]

    def dataset_box(self) -> list[float]:
        """West, south, east, north."""
        return self.item("datasets", self.dataset.stac_id)["bbox"]

    def get(self, path: str) -> httpx.Response:
        """As the mapper."""
        return httpx.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {self.token}"}, timeout=30)


@pytest.fixture(scope="session")
def village() -> Iterator[Village]:
    home = Home.default()
    try:
        env = run.up(None, home=home)
        with Fairway(public_url(home), home.secret("dev-token")) as fairway:
            yield _made(fairway, home, env)
    finally:
        if not os.environ.get("FAIRWAY_KEEP"):
            servers.down(home=home)


def _made(fairway: Fairway, home: Home, env: Env) -> Village:
    console, place = Console(quiet=True), read_demo_area(None)
    job = Job(fairway, home, place, Stages(console), console, "rooftop_light", {"epochs": 3, "max_minutes": 0.5})
    base, dataset = job.register(), job.build()
    training = job.train(base, dataset)
    model = fairway.trainings.publish(training.id)
    job.publish(dataset, model)
    prediction = job.predict(model)
    fairway.predictions.publish(prediction.id)
    return Village(
        home, env, public_url(home), base, fairway.datasets.get(dataset.id), training, model,
        fairway.predictions.get(prediction.id), fairway.predictions.result(prediction.id), place.predict_box(),
    )  # fmt: skip


class Programs:
    """Scripts of this folder, run by the other environment: JSON goes in and comes out."""

    def __init__(self, python: Path) -> None:
        self.python = python

    def run(self, script: str, **facts: Any) -> Any:
        # nothing of ours, and no settings of GDAL or proxies that this machine has by chance
        clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        done = subprocess.run(
            [self.python, SCRIPTS / f"{script}.py"], input=json.dumps(facts), capture_output=True, text=True,
            timeout=LIMIT, env=clean, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def programs() -> Programs:
    return Programs(environment(Home.default(), "programs", "programs.txt") / "bin/python")
