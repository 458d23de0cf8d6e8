"""The mapper's workflow through the client: it uses the gateway and the third parties only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from fairway import Fairway, rows
from fairway.cli.display import watch
from stack.demo.demo_area import DemoArea
from stack.demo.stages import Stages
from stack.home import Home
from stack.platform.models import item_of, registering
from stack.platform.settings import tiles

LABELS = [{"name": "building", "classes": ["*"]}]
TASKS = ["semantic-segmentation", "object-detection", "classification"]
"""Footprints serve all of them."""
KEYWORDS = ["building", "polygon"]


@dataclass
class Job:
    """`model` is the folder of the plug-in; `overrides` are hyper-parameters of the training."""

    fairway: Fairway
    home: Home
    area: DemoArea
    stages: Stages
    console: Console
    model: str
    overrides: dict[str, Any]

    @property
    def tiles(self) -> str:
        return tiles(self.home)

    def introduce(self) -> None:
        """Enables e-mail for the mapper."""
        self.fairway.change_me(email="mapper@example.org", notifications_delivery_methods=["web", "email"])

    def register(self) -> rows.BaseModelEntry:
        """Registers the model as it is in the repository now."""
        item = item_of(self.home, self.model)
        watch(self.console, registering(self.fairway, item))
        [row] = [row for row in self.fairway.base_models.all() if row.name == item["properties"]["mlm:name"]]
        return row

    def build(self) -> rows.Dataset:
        aois = [self.fairway.aois.create(area).id for area in self.area.train_areas()]
        dataset = self.fairway.datasets.build(
            title=f"Buildings of {self.area.name}", description="Made by the demo.",
            source_imagery=f"{self.tiles}/train/{{z}}/{{x}}/{{y}}.jpg", category="buildings", zoom=self.area.zoom,
            aoi_ids=aois, label_tasks=TASKS, label_classes=LABELS, keywords=KEYWORDS,
            geometry_type="polygon",
        )  # fmt: skip
        self._watch(self.fairway.datasets, "dataset_id", dataset.id)
        return self.fairway.datasets.get(dataset.id)

    def train(self, base: rows.BaseModelEntry, dataset: rows.Dataset) -> rows.Training:
        training = self.fairway.trainings.submit(
            base_model_stac_id=base.stac_item_id, dataset_stac_id=dataset.stac_id,
            model_name=f"{self.model}-{self.area.name}", title=f"{self.area.name}, held back {self.area.held_back}",
            overrides={"split_strategy": f"column:{self.area.held_back}", **self.overrides},
        )  # fmt: skip
        self._watch(self.fairway.trainings, "training_id", training.id)
        return self.fairway.trainings.get(training.id)

    def publish(self, dataset: rows.Dataset, item_id: str) -> None:
        """Makes dataset and model public: private ones are not in the public catalogue."""
        self.fairway.datasets.publish(dataset.id)
        [model] = [row for row in self.fairway.local_models.all() if row.stac_item_id == item_id]
        self.fairway.local_models.publish(model.id)

    def predict(self, item_id: str) -> rows.Prediction:
        prediction = self.fairway.predictions.submit(
            model_stac_id=item_id, image_uri=f"{self.tiles}/predict/{{z}}/{{x}}/{{y}}.jpg",
            bbox=self.area.predict_box(), zoom=self.area.zoom, description=f"Made by the demo: {self.area.name}",
        )  # fmt: skip
        self._watch(self.fairway.predictions, "prediction_id", prediction.id)
        return self.fairway.predictions.get(prediction.id)

    def download(self, prediction: rows.Prediction, folder: Path) -> dict[str, Path]:
        """The result files by kind."""
        files = {}
        for kind, url in self.fairway.predictions.result(prediction.id).items():
            files[kind] = folder / f"predictions.{kind}"
            self.fairway.download(url, str(files[kind]))
        return files

    def mails(self) -> int:
        return len(httpx.get(f"http://{self.home.host}:{self.home.port('sandbox-smtp')}/messages", timeout=60).json())

    def _watch(self, resource: Any, key: str, row_id: int, limit: float = 3600) -> None:
        watch(self.console, self.fairway.follow(resource, key, row_id, limit))
