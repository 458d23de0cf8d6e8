"""PMTiles of a prediction, read by ranges as MapLibre reads them."""

import json

import pytest

from tests.programs.conftest import Facts, Programs, Village

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]

HOUSE = 3e-4
"""Degrees that an outline may reach beyond the area."""


@pytest.fixture(scope="module")
def archive(village: Village, programs: Programs) -> Facts:
    return programs.run("tiles", url=village.result["pmtiles"])


def test_header_and_tiles(archive: Facts, village: Village):
    header = archive["header"]
    assert (header["tile_type"], header["max_zoom"] >= 14) == ("MVT", True)
    assert len(archive["tiles"]) >= header["max_zoom"] - header["min_zoom"] + 1
    assert archive["bytes"] > 0
    west, south, east, north = (header[f"{name}_e7"] / 1e7 for name in ("min_lon", "min_lat", "max_lon", "max_lat"))
    assert village.box[0] - HOUSE <= west < east <= village.box[2] + HOUSE
    assert village.box[1] - HOUSE <= south < north <= village.box[3] + HOUSE


def test_metadata_tell_of_the_prediction_and_not_of_the_worker(archive: Facts, village: Village):
    text = json.dumps(archive["metadata"])
    assert str(village.home.path) not in text
    assert "/tmp" not in text
    assert "site-packages" not in text
    assert archive["metadata"]["name"] == village.prediction.description or "prediction" in text.lower()
    assert archive["metadata"].get("attribution")
