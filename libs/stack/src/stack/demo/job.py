"""The mapper's job, told through the client: nothing here talks to anything but the gateway and the third parties."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from fairway import Fairway, rows
from fairway.cli.show import watch
from stack.demo.place import Place
from stack.demo.stages import Stages
from stack.home import REPOSITORY, Home

LABELS = [{"name": "building", "classes": ["*"]}]
KEYWORDS = ["building", "semantic-segmentation", "polygon"]


@dataclass
class Job:
    """`model` is the folder of the plug-in; `overrides` are hyper-parameters of the training."""

    fairway: Fairway
    home: Home
    place: Place
    stages: Stages
    console: Console
    model: str
    overrides: dict[str, Any]

    @property
    def tiles(self) -> str:
        return f"http://127.0.0.1:{self.home.port('sandbox-tiles')}"

    def introduce(self) -> None:
        """The mapper wants mail as well."""
        self.fairway.change_me(email="mapper@example.org", notifications_delivery_methods=["web", "email"])

    def register(self) -> rows.BaseModelRow:
        """Makes the base model's files, offers them on the model host, registers the item that names them."""
        folder = self.home.folder("models") / self.model
        if not (folder / "model.onnx").exists():
            command = [sys.executable, "-m", f"models.{self.model}.make_base", str(folder)]
            subprocess.run(command, cwd=REPOSITORY, check=True, timeout=300)
        row = self.fairway.base_models.register(self._item(folder), category="buildings")
        self._watch(self.fairway.base_models, "model_id", row.id, limit=120)
        return self.fairway.base_models.get(row.id)

    def _item(self, folder: Path) -> dict[str, Any]:
        item = json.loads((REPOSITORY / "models" / self.model / "stac-item.json").read_text())
        host = f"http://127.0.0.1:{self.home.port('sandbox-files')}/{self.model}"
        for key in ("checkpoint", "model"):
            name = next(path.name for path in folder.iterdir() if path.stem == key)
            item["assets"][key]["href"] = f"{host}/{name}"
        return item

    def build(self) -> rows.Dataset:
        aois = [self.fairway.aois.create(area).id for area in self.place.train_areas()]
        dataset = self.fairway.datasets.build(
            title=f"Buildings of {self.place.name}", description="Made by the demo.",
            source_imagery=f"{self.tiles}/train/{{z}}/{{x}}/{{y}}.jpg", category="buildings", zoom=self.place.zoom,
            aoi_ids=aois, label_tasks=["semantic-segmentation"], label_classes=LABELS, keywords=KEYWORDS,
            geometry_type="polygon",
        )  # fmt: skip
        self._watch(self.fairway.datasets, "dataset_id", dataset.id)
        return self.fairway.datasets.get(dataset.id)

    def train(self, base: rows.BaseModelRow, dataset: rows.Dataset) -> rows.Training:
        training = self.fairway.trainings.submit(
            base_model_stac_id=base.stac_item_id, dataset_stac_id=dataset.stac_id,
            model_name=f"{self.model}-{self.place.name}", title=f"{self.place.name}, held back {self.place.held_back}",
            overrides={"split_strategy": f"column:{self.place.held_back}", **self.overrides},
        )  # fmt: skip
        self._watch(self.fairway.trainings, "training_id", training.id)
        return self.fairway.trainings.get(training.id)

    def predict(self, item_id: str) -> rows.Prediction:
        prediction = self.fairway.predictions.submit(
            model_stac_id=item_id, image_uri=f"{self.tiles}/predict/{{z}}/{{x}}/{{y}}.jpg",
            bbox=self.place.predict_box(), zoom=self.place.zoom, description=f"Made by the demo: {self.place.name}",
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
        return len(httpx.get(f"http://127.0.0.1:{self.home.port('sandbox-smtp')}/messages", timeout=5).json())

    def _watch(self, resource: Any, key: str, row_id: int, limit: float = 3600) -> None:
        watch(self.console, self.fairway.follow(resource, key, row_id, limit))
