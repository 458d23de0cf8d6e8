"""The resources of the API: one class per kind of row. Methods raise ApiError and Unreachable."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from fairway import rows
from fairway.transport import Transport

R = TypeVar("R", bound=rows.Row)


class Resource(Generic[R]):
    """`list` returns a page, `all` iterates over all pages, `get` returns one row."""

    path: str
    row: type[R]

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def list(self, limit: int = 50, offset: int = 0, **filters: Any) -> rows.Page[R]:
        body = self.transport.get(f"{self.path}/", limit=limit, offset=offset, **filters)
        if isinstance(body["results"], dict):
            body["results"] = body["results"]["features"]
        return rows.Page[self.row].model_validate(body)  # type: ignore[name-defined]

    def all(self, **filters: Any) -> Iterator[R]:
        offset, page = 0, None
        while page is None or page.next:
            page = self.list(offset=offset, **filters)
            yield from page.results
            offset += len(page.results) or 1

    def get(self, row_id: int) -> R:
        return self.row.model_validate(self.transport.get(f"{self.path}/{row_id}/"))

    def _do(self, verb: str, body: Any = None, method: str = "POST") -> R:
        return self.row.model_validate(self.transport.write(method, f"{self.path}/{verb}", body))


class Aois(Resource[rows.Aoi]):
    path, row = "/aois", rows.Aoi

    def create(self, geometry: dict[str, Any], dataset: int | None = None) -> rows.Aoi:
        return self._do("", {"type": "Feature", "geometry": geometry, "properties": {"dataset": dataset}})


class Labels(Resource[rows.Label]):
    """Labels of AOIs. `label_status` of the AOI is the state of its last fetch or upload."""

    path, row = "/labels", rows.Label

    def fetch(self, aoi_id: int) -> rows.Aoi:
        """Replaces the AOI's labels by buildings of OpenStreetMap; returns the AOI, whose fetch has started."""
        return rows.Aoi.model_validate(self.transport.write("POST", f"{self.path}/osm/fetch/{aoi_id}/", {}))

    def upload(self, aoi_id: int, collection: dict[str, Any]) -> rows.Aoi:
        """Adds the features of a GeoJSON FeatureCollection (EPSG:4326) to the AOI's labels; returns the AOI."""
        return rows.Aoi.model_validate(self.transport.write("POST", f"{self.path}/upload/{aoi_id}/", collection))


class PublishableResource(Resource[R]):
    """Rows that their owner can make public or private."""

    def publish(self, row_id: int) -> R:
        return self._do(f"{row_id}/publish/")

    def unpublish(self, row_id: int) -> R:
        return self._do(f"{row_id}/unpublish/")


class BaseModels(Resource[rows.BaseModelEntry]):
    path, row = "/base-models", rows.BaseModelEntry

    def register(self, stac_item: dict[str, Any] | str, category: str = "other") -> rows.BaseModelEntry:
        """Registers a base model by its STAC item, or by the item's URL. For administrators."""
        key = "stac_item_url" if isinstance(stac_item, str) else "stac_item"
        return self._do("", {key: stac_item, "category": category})


class LocalModels(PublishableResource[rows.LocalModel]):
    path, row = "/local-models", rows.LocalModel


class Datasets(PublishableResource[rows.Dataset]):
    path, row = "/datasets", rows.Dataset

    def build(self, **request: Any) -> rows.Dataset:
        return self._do("build/", request)

    def rebuild(self, dataset_id: int) -> rows.Dataset:
        return self._do(f"{dataset_id}/rebuild/")

    def cancel(self, dataset_id: int) -> rows.Dataset:
        return self._do(f"{dataset_id}/cancel/")


class Runs(Resource[R]):
    """What trainings and predictions have in common."""

    def logs(
        self, run_id: str, tail: int = 1000, step: str | None = None, since: str | None = None
    ) -> list[rows.LogLine]:
        lines = self.transport.get(f"{self.path}/runs/{run_id}/logs/", tail=tail, step=step, since=since)
        return TypeAdapter(list[rows.LogLine]).validate_python(lines)

    def cancel(self, row_id: int) -> Any:
        return self.transport.write("POST", f"{self.path}/{row_id}/cancel/")

    def retry(self, row_id: int) -> R:
        return self._do(f"{row_id}/retry/")


class Trainings(Runs[rows.Training]):
    path, row = "/trainings", rows.Training

    def submit(self, **request: Any) -> rows.Training:
        return self._do("submit/", request)

    def epochs(self, training_id: int) -> list[rows.Epoch]:
        return TypeAdapter(list[rows.Epoch]).validate_python(self.transport.get(f"{self.path}/{training_id}/epochs/"))

    def publish(self, training_id: int, title: str = "", description: str = "") -> str:
        """Publishes the model of a completed training; returns the id of its STAC item in `local-models`."""
        body = {"title": title, "description": description}
        return self.transport.write("POST", f"{self.path}/{training_id}/publish/", body)["local_model_stac_id"]


class Predictions(Runs[rows.Prediction], PublishableResource[rows.Prediction]):
    path, row = "/predictions", rows.Prediction

    def submit(self, **request: Any) -> rows.Prediction:
        return self._do("submit/", request)

    def result(self, prediction_id: int) -> dict[str, str]:
        return self.transport.get(f"{self.path}/{prediction_id}/result/")


class Notifications(Resource[rows.Notification]):
    path, row = "/notifications/me", rows.Notification


class Webhooks(Resource[rows.Webhook]):
    path, row = "/webhooks", rows.Webhook

    def create(self, url: str, description: str = "") -> rows.NewWebhook:
        """Creates a webhook; only this answer contains its secret."""
        made = self.transport.write("POST", f"{self.path}/", {"url": url, "description": description})
        return rows.NewWebhook.model_validate(made)

    def change(self, webhook_id: int, **fields: Any) -> rows.Webhook:
        """Changes `url`, `description` or `active`."""
        return self._do(f"{webhook_id}/", fields, "PATCH")

    def delete(self, webhook_id: int) -> None:
        self.transport.write("DELETE", f"{self.path}/{webhook_id}/")

    def rotate_secret(self, webhook_id: int) -> rows.NewWebhook:
        made = self.transport.write("POST", f"{self.path}/{webhook_id}/rotate-secret/")
        return rows.NewWebhook.model_validate(made)

    def ping(self, webhook_id: int) -> rows.WebhookDelivery:
        return rows.WebhookDelivery.model_validate(self.transport.write("POST", f"{self.path}/{webhook_id}/ping/"))

    def verify(self, webhook_id: int) -> rows.WebhookDelivery:
        """Sends a challenge, which the webhook's URL has to return; returns this delivery."""
        return rows.WebhookDelivery.model_validate(self.transport.write("POST", f"{self.path}/{webhook_id}/verify/"))

    def deliveries(self, webhook_id: int, limit: int = 50) -> list[rows.WebhookDelivery]:
        """Returns deliveries, newest first."""
        body = self.transport.get(f"{self.path}/{webhook_id}/deliveries/", limit=limit)
        return rows.Page[rows.WebhookDelivery].model_validate(body).results
