"""The stages of the loop, through the client: the gateway and the object store only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from PIL import Image

from fairway import Fairway, label_rows, rows
from fairway.cli.display import watch
from fairway.labelstore import label_key
from stack.demo.demo_area import INSET, box
from stack.demo.job import Job
from stack.loop.chips import Chip, Chips, write_chip
from stack.loop.labeller import LABEL, work
from stack.loop.report import Corrections, Trained
from stack.platform.settings import public_url

KEYWORDS = ["building", "semantic-segmentation", "polygon"]
LIMIT = 900.0


@dataclass
class Loop:
    """`ids` are the images of chips. A run has titles of its own, so that it can be repeated."""

    job: Job
    chips: Chips
    folder: Path
    run: str = field(default_factory=lambda: f"loop-{uuid4().hex[:8]}")
    ids: dict[int, Chip] = field(default_factory=dict[int, Chip])
    side: int = 0
    campaigns: list[int] = field(default_factory=list[int])
    party: Fairway = field(init=False)
    """The labelling party of the campaign that corrects."""
    corrections: Corrections | None = None

    @property
    def fairway(self) -> Fairway:
        return self.job.fairway

    def upload(self) -> None:
        """One image set: its files go straight to the object store."""
        self.folder.mkdir(parents=True, exist_ok=True)
        paths = [write_chip(chip, self.job.tiles, self.folder) for chip in self.chips.all]
        with Image.open(paths[0]) as picture:
            self.side = picture.width
        made = self.fairway.image_sets.create(self.run)
        self.fairway.image_sets.upload(made.upload or {}, paths)
        self.fairway.image_sets.finish(made.imageset_id)
        self.fairway.image_sets.wait(made.imageset_id, LIMIT)
        by_name = {chip.name: chip for chip in self.chips.all}
        images = self.fairway.image_sets.images(made.imageset_id)
        self.ids = {one.image_id: by_name[one.blobstorage_path.rpartition("/")[2]] for one in images}

    def label_few(self) -> label_rows.LabelDataset:
        """The first chips, and those that validate, which no model learns from."""
        campaign, party = self._campaign("first", [*self.chips.few, *self.chips.validation])
        work(party, campaign, self._images([*self.chips.few, *self.chips.validation]), self.side)
        return self._finished(campaign)

    def pre_annotate(self, prediction: rows.Prediction) -> dict[str, int]:
        """The prediction becomes drafts of a new campaign; returns the counts of its features."""
        campaign, self.party = self._campaign("corrected", self.chips.to_correct, review=True)
        outcome = self.fairway.campaigns.predict_from(campaign, prediction.id, label=LABEL)
        return {"features": outcome["wanted"], "drafts": outcome["done"]}

    def correct(self) -> Corrections:
        """The party leases the most uncertain chips first; a reviewer accepts what it submits."""
        campaign, images = self.campaigns[-1], self._images(self.chips.to_correct)
        seen, order = work(self.party, campaign, images, self.side)
        decisions = [{"image_id": one, "accepted": True} for one in images]
        self.fairway.campaigns.review(campaign, decisions)
        self.corrections = Corrections(dict(seen), order)
        return self.corrections

    def drafts_of_images(self) -> dict[int, list[Any]]:
        return {one["image_id"]: one["objects"] for one in self.fairway.campaigns.predictions(self.campaigns[-1])}

    def objects_of_images(self) -> dict[int, list[Any]]:
        return {one["image_id"]: one["objects"] for one in self.fairway.campaigns.objects(self.campaigns[-1])}

    def compose(self) -> label_rows.LabelDataset:
        """A version of both campaigns."""
        self._finished(self.campaigns[-1])
        made = self.fairway.label_datasets.compose(f"{self.run}-both", self.campaigns, metadata={"keywords": KEYWORDS})
        return self.fairway.label_datasets.wait_made(made.dataset_id, LIMIT)

    def train(self, base: rows.BaseModelEntry, dataset: label_rows.LabelDataset) -> Trained:
        """One call; both models are judged by the same chips, which neither has learned from."""
        held = [f"{image_id:08d}.tif" for image_id in self._images(self.chips.validation)]
        overrides = {"split_strategy": "list:" + ",".join(held), **self.job.overrides}

        training = self.fairway.trainings.submit(
            base_model_stac_id=base.stac_item_id, dataset_stac_id=dataset.stac_item_id,
            model_name=f"{self.job.model} of {dataset.title}", overrides=overrides,
        )  # fmt: skip
        watch(self.job.console, self.fairway.follow(self.fairway.trainings, "training_id", training.id, LIMIT))
        item_id = self.fairway.trainings.publish(training.id, title=f"{dataset.title}, version {dataset.version}")
        [model] = self.fairway.label_datasets.models(dataset.dataset_id)
        assert (model["stac_item_id"], model["manifest_sha256"]) == (item_id, dataset.manifest_sha256)
        return Trained(item_id, dataset.stac_item_id or "", dataset.manifest_sha256 or "", model["metrics"])

    def predict(self, trained: Trained) -> rows.Prediction:
        """All chips that are to be corrected, in one run."""
        west, south, east, north = box([chip.tile for chip in self.chips.to_correct])
        prediction = self.fairway.predictions.submit(
            model_stac_id=trained.item_id, image_uri=f"{self.job.tiles}/train/{{z}}/{{x}}/{{y}}.jpg",
            bbox=(west + INSET, south + INSET, east - INSET, north - INSET), zoom=self.job.area.zoom,
            description=f"Drafts of {self.run}",
        )  # fmt: skip
        watch(self.job.console, self.fairway.follow(self.fairway.predictions, "prediction_id", prediction.id, LIMIT))
        return self.fairway.predictions.get(prediction.id)

    def _campaign(self, name: str, chips: Sequence[Chip], **options: bool) -> tuple[int, Fairway]:
        made = self.fairway.campaigns.create(
            f"{self.run}-{name}", f"{self.run}-{name}@labels.example", uses_leases=True,
            metadata={"keywords": KEYWORDS}, **options,
        )  # fmt: skip
        self.fairway.campaigns.add_images(made.campaign_id, self._images(chips))
        self.fairway.campaigns.set_status(made.campaign_id, "active")
        self.campaigns.append(made.campaign_id)
        token = made.access_token or {}
        headers = label_key(token["apikey"] or "", token["apisecret"] or "")
        return made.campaign_id, Fairway(public_url(self.job.home), headers=headers)

    def _images(self, chips: Sequence[Chip]) -> dict[int, Chip]:
        return {image_id: chip for image_id, chip in self.ids.items() if chip in chips}

    def _finished(self, campaign_id: int) -> label_rows.LabelDataset:
        self.fairway.campaigns.set_status(campaign_id, "finished")
        export = self.fairway.campaigns.wait(campaign_id, LIMIT).export
        return self.fairway.label_datasets.get(export["dataset_id"])
