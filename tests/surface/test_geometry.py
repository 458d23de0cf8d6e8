"""A geometry that cannot be one is refused in the same words wherever it is drawn."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from stack.bench.system import System
from tests.surface.people import Who, headers
from tests.surface.rows import IMAGERY, POLYGON, Rows

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
BOWTIE = {"type": "Polygon", "coordinates": [[[1, 1], [1.01, 1.01], [1.01, 1], [1, 1.01], [1, 1]]]}
OPEN = {"type": "Polygon", "coordinates": [[[1, 1], [1.01, 1], [1.01, 1.01], [1, 1.01]]]}
OUTSIDE = {"type": "Polygon", "coordinates": [[[1, 91], [2, 91], [2, 92], [1, 91]]]}
Made = tuple[str, str, Any]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def early(geometry: Any, **members: Any) -> dict[str, Any]:
    return {"geom": geometry, **members}


ROUTES: dict[str, Callable[[Rows, Any], Made]] = {
    "aoi": lambda rows, shape: ("POST", "aois/", feature(shape)),
    "changed aoi": lambda rows, shape: ("PATCH", f"aois/{rows.aoi()}/", feature(shape)),
    "label": lambda rows, shape: ("POST", "labels/", feature(shape, aoi=rows.aoi())),
    "changed label": lambda rows, shape: ("PATCH", f"labels/{rows.label()}/", feature(shape)),
    "v1 aoi": lambda rows, shape: ("POST", "aoi/", early(shape)),
    "v1 aoi as text": lambda rows, shape: ("POST", "aoi/", early(json.dumps(shape))),
    "v1 label": lambda rows, shape: ("POST", "label/", early(shape, aoi=rows.aoi())),
}
SURFACES: dict[str, Callable[[Rows, Any], Made]] = {
    "feedback": lambda rows, shape: ("POST", "feedback/", feature(shape, stac_id="unet")),
    "v1 approval": lambda rows, shape: ("POST", "approved-prediction/", early(shape, training=rows.training())),
}


@pytest.fixture(scope="module")
def http(running: System) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=30, headers=headers(Who.OWNER, running.token)) as client:
        yield client


def refused(http: httpx.Client, made: Made) -> dict[str, Any]:
    method, path, body = made
    response = http.request(method, path, json=body)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["code"] == "GEOMETRY_VALIDATION_ERROR"
    assert error["message"] == error["details"]["error"]
    return error["details"]


@pytest.mark.spec("1.4", "GEOMETRY_VALIDATION_ERROR")
@pytest.mark.parametrize("route", [*ROUTES, *SURFACES])
def test_what_is_wrong_with_it_is_said(http: httpx.Client, rows: Rows, route: str):
    for shape in [OPEN, OUTSIDE] + ([BOWTIE] if route in ROUTES else []):
        details = refused(http, ({**ROUTES, **SURFACES}[route])(rows, shape))
        assert details["geometry_type"] == "Polygon"
        assert details["data"].replace(" ", "") == json.dumps(shape).replace(" ", "")[:200]
        assert details["geometry"] == [details["error"]]


@pytest.mark.spec("1.4", "GEOMETRY_VALIDATION_ERROR")
@pytest.mark.parametrize("shape", [7, "nonsense", ["a", "list"]])
@pytest.mark.parametrize("route", ["aoi", "label", "feedback", "v1 aoi", "v1 label"])
def test_what_is_no_object_is_refused_at_the_door(http: httpx.Client, rows: Rows, route: str, shape: Any):
    details = refused(http, ({**ROUTES, **SURFACES}[route])(rows, shape))
    assert details["geometry_type"] == type(shape).__name__
    assert details["data"]


@pytest.mark.spec("1.4", "GEOMETRY_VALIDATION_ERROR")
def test_where_nothing_can_be_predicted(http: httpx.Client):
    body = {"model_stac_id": "unet", "image_uri": IMAGERY, "zoom": 19}
    config = {"config": {"checkpoint": "unet", "zoom_level": 19, "source": IMAGERY}}
    point = {"type": "Point", "coordinates": [1, 2]}
    for made, field in (
        (("POST", "predictions/submit/", body | {"geometry": point}), "geometry"),
        (("POST", "prediction/", config | {"geom": point}), "geom"),
    ):
        details = refused(http, made)
        assert details["geometry_type"] == "Point"
        assert "Polygon" in details[field][0]


def test_one_wrong_field_among_others_is_an_ordinary_refusal(http: httpx.Client):
    response = http.post("predictions/submit/", json={"geometry": BOWTIE | {"type": "Point"}, "zoom": 19})
    assert response.json()["error"]["code"] == "VALIDATION_ERROR"
    assert response.json()["error"]["details"].keys() == {"geometry", "model_stac_id", "image_uri"}
    assert http.post("aois/", json={"type": "Feature"}).json()["error"]["code"] == "VALIDATION_ERROR"
    assert http.post("aois/", json=feature(POLYGON)).status_code == 201
