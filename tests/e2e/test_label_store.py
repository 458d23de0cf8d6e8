"""The main path of the label store, over HTTP with the client: pictures become a dataset that others read."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from fairway import ApiError, Fairway
from fairway.labelstore import label_key
from tests.e2e.conftest import Platform

pytestmark = pytest.mark.live
LIMIT = 600
"""Seconds that a job may wait for its turn and take."""
BOX = {"xmin": 4, "xmax": 20, "ymin": 6, "ymax": 16}
OBJECTS = [{"label": "bottle", "bounding_box": BOX}]


@dataclass(frozen=True)
class Labelled:
    """A campaign with a party of its own that labels the images."""

    campaign_id: int
    images: Sequence[int]
    party: dict[str, str]
    """Headers with the key of the party."""


def pictures(folder: Path) -> list[Path]:
    """Three that differ, so that none is a duplicate of another."""
    paths = [folder / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        Image.effect_noise((64, 48), 40 + 40 * number).save(path)
    return paths


def uploaded(admin: Fairway, title: str, folder: Path) -> list[int]:
    made = admin.image_sets.create(title)
    assert admin.image_sets.upload(made.upload or {}, pictures(folder)) == 3
    admin.image_sets.finish(made.imageset_id)
    assert admin.image_sets.wait(made.imageset_id, LIMIT).ingest["files_registered"] == 3
    return [image.image_id for image in admin.image_sets.images(made.imageset_id)]


@pytest.fixture(scope="module")
def labelled(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    title = f"t-{uuid4().hex[:12]}"
    with platform.client() as admin:
        images = uploaded(admin, title, tmp_path_factory.mktemp("pictures"))
        campaign = admin.campaigns.create(title, f"{title}@labels.example", uses_leases=True, review=True)
        admin.campaigns.add_images(campaign.campaign_id, images)
        admin.campaigns.set_status(campaign.campaign_id, "active")
    token = campaign.access_token or {}
    return Labelled(campaign.campaign_id, images, label_key(token["apikey"] or "", token["apisecret"] or ""))


def label(platform: Platform, labelled: Labelled) -> None:
    """The party leases all images, reads one and submits them: two with an object, one without."""
    first, second, third = labelled.images
    with Fairway(platform.url, headers=labelled.party) as party:
        tasks = party.campaigns.lease(labelled.campaign_id, 3)
        assert sorted(task.image_id for task in tasks) == sorted(labelled.images)
        url = party.transport.get(f"/images/{first}")
        assert Image.open(io.BytesIO(httpx.get(url, trust_env=False).content)).size == (64, 48)
        with_object = [{"image_id": one, "objects": OBJECTS} for one in (first, second)]
        party.campaigns.submit(labelled.campaign_id, with_object)
        party.campaigns.submit(labelled.campaign_id, [{"image_id": third, "objects": []}])


def published(admin: Fairway, labelled: Labelled) -> int:
    """Accepts all that was submitted, ends the campaign and returns the id of its dataset."""
    decisions = [{"image_id": one, "accepted": True} for one in labelled.images]
    assert admin.campaigns.review(labelled.campaign_id, decisions) == {"accepted": 3, "rejected": 0}
    assert admin.campaigns.get(labelled.campaign_id).status == "completed"
    admin.campaigns.set_status(labelled.campaign_id, "finished")
    return admin.campaigns.wait(labelled.campaign_id, LIMIT).export["dataset_id"]


@pytest.mark.timeout(1800)  # the first test of the room waits until all servers are up
def test_a_party_does_not_read_what_is_for_admins(platform: Platform, labelled: Labelled):
    with Fairway(platform.url, headers=labelled.party) as party, pytest.raises(ApiError) as refused:
        party.campaigns.get(labelled.campaign_id)
    assert (refused.value.status, refused.value.code) == (401, "not_authorized")


@pytest.mark.timeout(1800)  # two jobs
def test_labels_become_a_dataset_that_others_read(platform: Platform, labelled: Labelled):
    label(platform, labelled)
    with platform.client() as admin:
        dataset = admin.label_datasets.get(published(admin, labelled))
        assert (dataset.version, dataset.image_count, dataset.object_count) == (1, 3, 2)
        coco_url = admin.label_datasets.file_url(dataset.dataset_id, "annotations.coco.json")
        export = admin.label_datasets.wait(admin.label_datasets.export(dataset.dataset_id, "yolo"), LIMIT)
        yolo_url = admin.label_datasets.export_url(export.export_id)
    coco = httpx.get(coco_url, trust_env=False).json()
    assert [one["bbox"] for one in coco["annotations"]] == [[4, 6, 16, 10]] * 2
    assert len(coco["images"]) == 3
    assert yolo_boxes(httpx.get(yolo_url, trust_env=False).content) == [["0", 12 / 64, 11 / 48, 16 / 64, 10 / 48]] * 2


def yolo_boxes(content: bytes) -> list[list]:
    """Returns class, centre and size of each object; the archive names its classes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        assert "data.yaml" in {Path(name).name for name in names}
        texts = [archive.read(name).decode() for name in names if name.endswith(".txt") and "labels/" in name]
    rows = [line.split() for text in texts for line in text.splitlines()]
    return [[row[0], *(pytest.approx(float(number), abs=1e-4) for number in row[1:])] for row in rows]
