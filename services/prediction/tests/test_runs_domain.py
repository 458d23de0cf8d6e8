import math
from types import SimpleNamespace

import pytest
import shapely
from prediction_values import DEFAULTS, SPEC, box, facts_of

from geo.geojson import BadGeometry
from imagery import intersecting
from prediction.inference.domain import InvalidRequest
from prediction.inference.domain import check as check_live
from prediction.plugins import BadPlugin, module_of
from prediction.projections.domain import inference_defaults, parameter_errors
from prediction.results.domain import Contradiction, check
from prediction.runs.domain import ewkb, region_of
from prediction.runs.jobs.pipeline_run import spec_of
from prediction.runs.tables import PredictionRow
from prediction.settings import Settings


def feature(kind: str = "Polygon", coordinates=None, **properties) -> dict:
    coordinates = coordinates if coordinates is not None else box(0, 0, 1, 1)["coordinates"]
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}


def collection(*features) -> dict:
    return {"type": "FeatureCollection", "features": list(features)}


def test_region_keeps_every_digit():
    ring = [[0.1 + 0.2, 0], [1, 0], [1, 1 / 3], [0.1 + 0.2, 0]]
    region = region_of({"type": "Polygon", "coordinates": [ring]})
    assert shapely.from_wkb(ewkb(region)).equals_exact(region, 0)
    assert shapely.get_srid(shapely.from_wkb(ewkb(region))) == 4326
    assert region_of({"type": "MultiPolygon", "coordinates": [[ring]]}).geom_type == "MultiPolygon"


@pytest.mark.parametrize(
    "coordinates",
    [None, [], [[]], [[1, 2, 3]], [[[0, 0], [1, 1], [0, 0]]], [[[0, 0], [1, math.nan], [1, 1], [0, 0]]],
     [[[0, 0], [True, 1], [1, 1], [0, 0]]], [[["0", 0], [1, 1], [1, 0], ["0", 0]]],
     [[[0, 91], [1, 1], [1, 0], [0, 91]]],
     [[[0, 0], [1, 1], [2, 2], [0, 0]]], [[[0, n / 1e4] for n in range(10_001)] + [[0, 0]]]],
)  # fmt: skip
def test_broken_regions_are_refused_in_words(coordinates):
    with pytest.raises(BadGeometry, match=r"\w"):
        region_of({"type": "Polygon", "coordinates": coordinates})


@pytest.mark.spec("21.4", "inference params")
def test_only_inference_parameters_may_be_given():
    assert inference_defaults(DEFAULTS) == {"confidence_threshold": 0.5, "sleep": 0.0, "mode": "boxes"}
    assert parameter_errors(DEFAULTS, SPEC, {"confidence_threshold": 1, "mode": "nothing"}) == []
    assert "epochs is not a parameter" in parameter_errors(DEFAULTS, SPEC, {"epochs": 1})[0]


@pytest.mark.parametrize("value", [True, "1", None, math.nan, math.inf, -0.1, [0.5]])
def test_threshold_must_be_a_number_within_its_range(value):
    assert len(parameter_errors(DEFAULTS, SPEC, {"confidence_threshold": value})) == 1


def test_default_that_the_specification_forgot_still_tells_the_type():
    assert parameter_errors({"inference.squares": True}, [], {"squares": False}) == []
    assert parameter_errors({"inference.squares": True}, [], {"squares": 1}) == ["squares must be true or false."]


def test_output_as_declared_passes():
    declared = [{"key": "confidence", "type": "number"}, {"key": "class", "type": "integer"}]
    for one in (feature(confidence=1, **{"class": 1}), feature(confidence=None)):
        assert check(0, one, ["building", "polygon"], declared) == one
    point = feature("Point", [1, 2])
    assert check(0, point, ["building"], []) == point


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("x", "no GeoJSON Feature"),
        ({"type": "Feature", "properties": {}}, "lacks geometry"),
        ({"type": "Feature", "geometry": None}, "lacks geometry or properties"),
        (feature() | {"properties": [1]}, "properties that are no object"),
        (feature() | {"geometry": "POINT(1 2)"}, "is a value without a type"),
        (feature("Point", [1, 2]), "is a Point, declared are Polygon, MultiPolygon"),
        (feature("Polygon", [[[500_000, 4_000_000]]]), "not longitude and latitude"),
        (feature("Polygon", []), "not longitude and latitude"),
        (feature(confidence="high"), "Feature 7 .* declared is a number"),
        (feature(confidence=True), "declared is a number"),
    ],
)
def test_output_that_breaks_its_promise_is_told_apart(output, words):
    with pytest.raises(Contradiction, match=words):
        check(7, output, ["polygon"], [{"key": "confidence", "type": "number"}])


@pytest.mark.parametrize(
    "entrypoint", ["os:system", "models:predict", "models.unet.pipeline;x:predict", "../x:predict", ""]
)
def test_only_plugins_are_imported(entrypoint):
    assert module_of("models.unet.pipeline:predict") == "models.unet.pipeline"
    with pytest.raises(BadPlugin):
        module_of(entrypoint)


SQUARE = shapely.union(shapely.box(179.99, -17, 180, -16.99), shapely.box(-180, -17, -179.99, -16.99))


@pytest.mark.parametrize("ring", [
    [[179.99, -17], [180.01, -17], [180.01, -16.99], [179.99, -16.99], [179.99, -17]],
    [[179.99, -17], [-179.99, -17], [-179.99, -16.99], [179.99, -16.99], [179.99, -17]],
    [[-180.01, -17], [-179.99, -17], [-179.99, -16.99], [-180.01, -16.99], [-180.01, -17]],
])  # fmt: skip
@pytest.mark.parametrize("one", [True, False])
def test_an_area_over_the_antimeridian_is_cut_there(ring, one):
    region = region_of({"type": "Polygon", "coordinates": [ring]}, one)
    assert (region.geom_type, region.symmetric_difference(SQUARE).area < 1e-12) == ("MultiPolygon", True)
    assert len(intersecting(region, 15, 100)) == 4


def test_live_boxes_cross_the_antimeridian():
    check_live((179.99, -17, -179.99, -16.99), 19)
    check_live((179.99, -17, 180.01, -16.99), 19)


@pytest.mark.parametrize(("bbox", "zoom"), [((1, 0, 0, 1), 19), ((0, 0, 1, math.nan), 19), ((0, 0, 560, 1), 19),
                                            ((0, 0, 1, 1), 13), ((0, 0, 1, 1), 23)])  # fmt: skip
def test_live_area_is_checked(bbox, zoom):
    with pytest.raises(InvalidRequest):
        check_live(bbox, zoom)


def spec(settings=None, **needs):
    """Of a run of a model with these needs."""
    row = PredictionRow(id=3, user_id=7, attempt=1, params={}, facts=facts_of("toy", **needs).model_dump(mode="json"))
    given = {"DATABASE_URL": "postgresql://h/d", "NATS__URL": "nats://h", **(settings or {})}
    context = SimpleNamespace(storage=SimpleNamespace(uri=str), cluster=Settings.model_validate(given))
    return spec_of(SimpleNamespace(row=row, context=context))


def test_a_run_asks_for_its_models_image_and_accelerator():
    image = "registry.example/toy:v1"
    made = spec({"FAIR_INFERENCE_CPU_REQUEST": "500m"}, image=image, accelerator="cuda")
    pod = made.step_settings["run_inference"]["orchestrator.kubernetes"]["pod_settings"]
    assert made.settings["docker"] == {"parent_image": image, "skip_build": True}
    assert pod["node_selectors"] == {"fair.dev/inference": "true"}
    assert pod["resources"] == {
        "requests": {"memory": "1Gi", "cpu": "500m", "nvidia.com/gpu": "1"},
        "limits": {"memory": "2Gi", "nvidia.com/gpu": "1"},
    }
    assert pod["labels"] == {"fair.user_id": "7"}


def test_accelerators_can_be_done_without():
    made = spec({"FAIR_FORCE_CPU": "true"}, accelerator="cuda")
    assert (made.settings, "nvidia" in str(made.step_settings)) == ({}, False)
