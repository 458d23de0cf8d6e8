"""Datasets on the map: their centroids, and their AOIs and labels as files."""

from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import datasets as c
from contracts.catalog.areas import AoiFeature, ListAois
from contracts.catalog.labels import LabelFeature, ListLabels
from contracts.shared import Page
from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.fields import Id
from gateway.http.pagination import MOST
from gateway.http.policy import Policy
from gateway.http.queries import answer, collected
from gateway.http.routing import Routes
from gateway.openapi.schemas import Feature, Features, GeoJson

routes = Routes("datasets", FAIR)
LARGE = Page(limit=MOST)


@routes.get("/datasets/centroid/", Policy.PUBLIC_READ, Features[Feature])
async def list_dataset_centroids(request: Request) -> Response:
    return await collected(request, c.ListDatasetCentroids(page=LARGE))


@routes.get("/datasets/{dataset_id}/labels/", Policy.PUBLIC_READ, Features[LabelFeature], response_class=GeoJson)
async def download_labels(request: Request, dataset_id: Id) -> Response:
    """Returns the stored labels of all its AOIs, with OSM ids and tags."""
    await _seen(request, dataset_id)
    return await collected(request, ListLabels(page=LARGE, dataset=dataset_id), f"labels_{dataset_id}.geojson")


@routes.get("/datasets/{dataset_id}/aois/", Policy.PUBLIC_READ, Features[AoiFeature], response_class=GeoJson)
async def download_aois(request: Request, dataset_id: Id) -> Response:
    await _seen(request, dataset_id)
    return await collected(request, ListAois(page=LARGE, dataset=dataset_id), f"aois_{dataset_id}.geojson")


async def _seen(request: Request, dataset_id: int) -> None:
    """Raises NotFound for a dataset that the caller may not see."""
    await answer(request, c.GetDataset(dataset_id=dataset_id))
