"""The label store: image sets, campaigns, work, datasets. Methods raise ApiError and Unreachable."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx

from fairway import label_rows as rows
from fairway.errors import OperationFailed
from fairway.rows import Row
from fairway.transport import Transport

R = TypeVar("R", bound=Row)
UPLOAD_TIMEOUT = 600.0
POLL_INTERVAL = 1.0
PER_PAGE = 1000


def label_key(key: str, secret: str) -> dict[str, str]:
    """Returns the headers of a key of the label store. They are for the gateway only, not for presigned addresses."""
    return {"Authentication-Key": key, "Authentication-Secret": secret}


def upload_file(grant: dict[str, Any], path: Path) -> None:
    """Sends one file straight to the object store, without the caller's credentials. Raises httpx.HTTPStatusError."""
    with httpx.Client(timeout=UPLOAD_TIMEOUT) as store:
        _upload(store, grant, path)


def _upload(store: httpx.Client, grant: dict[str, Any], path: Path) -> None:
    with path.open("rb") as content:
        fields = {**grant["fields"], "key": grant["key_prefix"] + path.name}
        store.post(grant["url"], data=fields, files={"file": (path.name, content)}).raise_for_status()


class Resource:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def _all(self, path: str, member: str, row: type[R], **filters: Any) -> Iterator[R]:
        """Yields the rows of all pages."""
        return map(row.model_validate, self._rows(path, member, **filters))

    def _rows(self, path: str, member: str, **filters: Any) -> Iterator[dict[str, Any]]:
        page: int | None = 1
        while page:
            body = self.transport.get(path, page=page, per_page=PER_PAGE, **filters)
            yield from body[member]
            page = body["pagination"]["next"]

    def _waited(self, get: Callable[[], R], state: Callable[[R], dict[str, Any]], limit: float) -> R:
        """Asks until the job is done. Raises OperationFailed with its reason, TimeoutError after `limit` seconds."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            found = get()
            job = state(found)
            if job["state"] in ("failed", "cancelled"):
                raise OperationFailed(job["error"] or f"It is {job['state']}.")
            if job["state"] == "done":
                return found
            time.sleep(POLL_INTERVAL)
        raise TimeoutError(f"It was not done within {limit:.0f} s.")


class ImageSets(Resource):
    def all(self, **filters: Any) -> Iterator[rows.ImageSet]:
        """`status`, `created_by` and `title` filter."""
        return self._all("/image_sets", "image_sets", rows.ImageSet, **filters)

    def get(self, imageset_id: int) -> rows.ImageSet:
        return rows.ImageSet.model_validate(self.transport.get(f"/image_sets/{imageset_id}"))

    def create(self, title: str, metadata: dict[str, Any] | None = None) -> rows.ImageSet:
        """Returns the set with the grant of its upload."""
        body = self.transport.write("POST", "/image_sets", {"title": title, "metadata": metadata})
        return rows.ImageSet.model_validate(body)

    def grant(self, imageset_id: int) -> dict[str, Any]:
        """Returns a new grant of the upload."""
        return self.transport.write("POST", f"/image_sets/{imageset_id}/upload_token")["upload"]

    def upload(
        self, grant: dict[str, Any], files: Iterable[Path], on_file: Callable[[Path], None] | None = None
    ) -> int:  # fmt: skip
        """Sends files straight to the object store, without the caller's credentials; returns their number. Raises
        httpx.HTTPStatusError."""
        count = 0
        with httpx.Client(timeout=UPLOAD_TIMEOUT) as store:
            for path in files:
                _upload(store, grant, path)
                count += 1
                if on_file:
                    on_file(path)
        return count

    def finish(self, imageset_id: int) -> None:
        """The files become images afterwards."""
        self.transport.write("PUT", f"/image_sets/{imageset_id}", {"new_status": "finished"})

    def wait(self, imageset_id: int, limit: float = 3600) -> rows.ImageSet:
        """Waits until the files are images."""
        return self._waited(lambda: self.get(imageset_id), lambda found: found.ingest, limit)

    def images(self, imageset_id: int) -> Iterator[rows.LabelImage]:
        return self._all(f"/image_sets/{imageset_id}/images", "images", rows.LabelImage)


class Campaigns(Resource):
    def all(self, **filters: Any) -> Iterator[rows.Campaign]:
        """`status`, `title` and `labeler_email` filter."""
        return self._all("/campaigns", "campaigns", rows.Campaign, **filters)

    def get(self, campaign_id: int) -> rows.Campaign:
        return rows.Campaign.model_validate(self.transport.get(f"/campaigns/{campaign_id}"))

    def create(self, title: str, labeler_email: str, **options: Any) -> rows.Campaign:
        """`label_translations`, `apply_label_translations`, `uses_leases`, `review`, `split` and `metadata` are
        options. Returns the campaign with the labeller's key."""
        body = {"title": title, "labeler_email": labeler_email, **options}
        return rows.Campaign.model_validate(self.transport.write("POST", "/campaigns", body))

    def add_images(self, campaign_id: int, image_ids: Iterable[int]) -> None:
        self.transport.write("POST", f"/campaigns/{campaign_id}/images", [{"id": one} for one in image_ids])

    def set_status(self, campaign_id: int, status: str) -> None:
        """`active`, `completed` or `finished`, which makes a dataset version."""
        self.transport.write("PUT", f"/campaigns/{campaign_id}", {"new_status": status})

    def images(self, campaign_id: int, labeled: bool | None = None) -> Iterator[rows.CampaignImage]:
        flag = None if labeled is None else str(labeled).lower()
        return self._all(f"/campaigns/{campaign_id}/images", "images", rows.CampaignImage, labeled=flag)

    def lease(self, campaign_id: int, count: int = 1, minutes: int = 60) -> list[rows.Task]:
        """Returns images to work at; nobody else gets them for so many minutes."""
        body = self.transport.write("POST", f"/campaigns/{campaign_id}/next", {"count": count, "minutes": minutes})
        return [rows.Task.model_validate(task) for task in body["tasks"]]

    def release(self, campaign_id: int, image_ids: list[int]) -> None:
        self.transport.write("POST", f"/campaigns/{campaign_id}/release", {"image_ids": image_ids})

    def submit(self, campaign_id: int, images: list[dict[str, Any]]) -> None:
        """Replaces the objects of images: `[{image_id, objects: [{label, bounding_box}]}]`; all or none."""
        self.transport.write("PUT", f"/campaigns/{campaign_id}/objects", images)

    def review(self, campaign_id: int, decisions: list[dict[str, Any]]) -> dict[str, int]:
        """Accepts or sends back images: `[{image_id, accepted, comment}]`; returns both numbers."""
        return self.transport.write("POST", f"/campaigns/{campaign_id}/reviews", {"decisions": decisions})

    def predict_from(self, campaign_id: int, prediction_id: int, **options: Any) -> dict[str, Any]:
        """The result of a prediction becomes drafts of the images that it meets; `label` and `model` are options.
        Returns the outcome of its features."""
        body = {"prediction_id": prediction_id, **options}
        return self.transport.write("POST", f"/campaigns/{campaign_id}/predictions/map", body)

    def predict_map(
        self, campaign_id: int, model: str, features: dict[str, Any], label: str = "object"
    ) -> dict[str, Any]:
        """A GeoJSON FeatureCollection becomes drafts. Returns the outcome of its features."""
        body = {"model": model, "label": label, "features": features}
        return self.transport.write("POST", f"/campaigns/{campaign_id}/predictions/map", body)

    def predictions(self, campaign_id: int) -> Iterator[dict[str, Any]]:
        """Yields `{image_id, model, uncertainty, objects}`."""
        return self._rows(f"/campaigns/{campaign_id}/predictions", "images")

    def objects(self, campaign_id: int) -> Iterator[dict[str, Any]]:
        """Yields `{image_id, url, objects}` of the images."""
        return self._rows(f"/campaigns/{campaign_id}/objects", "images")

    def export(self, campaign_id: int, split: dict[str, Any] | None = None) -> rows.Campaign:
        """Makes the next dataset version of a finished campaign."""
        body = self.transport.write("POST", f"/campaigns/{campaign_id}/export", {"split": split})
        return rows.Campaign.model_validate(body)

    def wait(self, campaign_id: int, limit: float = 3600) -> rows.Campaign:
        """Waits until the dataset version is made."""
        return self._waited(lambda: self.get(campaign_id), lambda found: found.export, limit)


class LabelDatasets(Resource):
    def all(self, **filters: Any) -> Iterator[rows.LabelDataset]:
        """`campaign_id` and `title` filter."""
        return self._all("/label_datasets", "datasets", rows.LabelDataset, **filters)

    def get(self, dataset_id: int) -> rows.LabelDataset:
        return rows.LabelDataset.model_validate(self.transport.get(f"/label_datasets/{dataset_id}"))

    def compose(self, title: str, campaign_ids: Iterable[int], **options: Any) -> rows.LabelDataset:
        """Begins a version of several finished campaigns; `labels`, `metadata` and `split` are options."""
        body = {"title": title, "parts": [{"campaign_id": one} for one in campaign_ids], **options}
        return rows.LabelDataset.model_validate(self.transport.write("POST", "/label_datasets", body))

    def wait_made(self, dataset_id: int, limit: float = 3600) -> rows.LabelDataset:
        """Waits until the version is made."""
        return self._waited(
            lambda: self.get(dataset_id), lambda found: {"state": found.state, "error": found.error}, limit
        )

    def diff(self, dataset_id: int, other_id: int) -> dict[str, Any]:
        """Compares two versions: `added`, `removed`, `changed` and `moved` images."""
        return self.transport.get(f"/label_datasets/{dataset_id}/diff/{other_id}")

    def models(self, dataset_id: int) -> list[dict[str, Any]]:
        """Returns the published models that were trained on a version."""
        return self.transport.get(f"/label_datasets/{dataset_id}/models")["models"]

    def file_url(self, dataset_id: int, name: str) -> str:
        """Returns the presigned address of `manifest.json`, `annotations.coco.json`, `labels.csv` and others."""
        return self.transport.get(f"/label_datasets/{dataset_id}/files/{name}")

    def export(self, dataset_id: int, format: str) -> rows.LabelExport:
        """Begins a ZIP for trainers: `coco`, `yolo`, `voc`, `geojson` or `csv`."""
        body = self.transport.write("POST", f"/label_datasets/{dataset_id}/exports", {"format": format})
        return rows.LabelExport.model_validate(body)

    def wait(self, export: rows.LabelExport, limit: float = 3600) -> rows.LabelExport:
        """Waits until the ZIP is written."""
        path = f"/label_exports/{export.export_id}"
        return self._waited(
            lambda: rows.LabelExport.model_validate(self.transport.get(path)),
            lambda found: {"state": found.state, "error": found.error}, limit,
        )  # fmt: skip

    def export_url(self, export_id: int) -> str:
        """Returns the presigned address of the ZIP."""
        return self.transport.get(f"/label_exports/{export_id}/file")
