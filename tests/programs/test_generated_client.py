"""A client that openapi-python-client makes of the served description: every call is understood in both directions."""

import pytest

from tests.programs.conftest import Facts, Programs, Village

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
RING = [[12.5, 41.5], [12.501, 41.5], [12.501, 41.501], [12.5, 41.501], [12.5, 41.5]]
AREA = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING]}, "properties": {}}
CREATED = {"aois.create_aoi": 201, "labels.create_label": 201, "aois.delete_aoi": 204}


@pytest.fixture(scope="module")
def answers(village: Village, programs: Programs) -> Facts:
    origin = village.url.removesuffix("/api/v1")
    made = programs.run(
        "generated", schema=f"{origin}/api/schema/", url=origin, token=village.token, area=AREA,
        dataset=village.dataset.id, training=village.training.id, prediction=village.prediction.id,
    )  # fmt: skip
    return made["answers"]


def test_a_dozen_operations_and_more_are_understood(answers: Facts):
    assert len(answers) >= 12
    for name, answer in answers.items():
        assert answer["status"] == CREATED.get(name, 200), (name, answer)
        assert answer["status"] == 204 or answer["type"] not in ("NoneType", "Problem"), (name, answer)


def test_values_arrive(answers: Facts, village: Village):
    assert answers["datasets.get_dataset"]["body"]["stac_id"] == village.dataset.stac_id
    assert answers["predictions.get_prediction"]["body"]["status"] == "completed"
    assert set(answers["predictions.get_result"]["body"]) >= {"geojson", "fgb", "pmtiles"}
    assert answers["trainings.get_training"]["body"]["metrics"]["building_iou"] > 0
    [label] = answers["labels.list_labels"]["body"]["results"]["features"]
    assert label["properties"]["tags"] == {"building": "hut"}
