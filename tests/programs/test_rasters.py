"""The archive of a dataset opened by its address, with nothing downloaded first."""

import pytest

from tests.programs.conftest import Facts, Programs, Village

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def archive(village: Village, programs: Programs) -> Facts:
    address = village.item("datasets", village.dataset.stac_id)["assets"]["download"]["href"]
    return programs.run("rasters", zip=address, most=3)


def test_rasterio_opens_chips_in_the_archive(archive: Facts, village: Village):
    assert archive["chips"] == village.dataset.chip_count  # type: ignore[attr-defined]
    assert len(archive["opened"]) == 3
    for chip in archive["opened"]:
        assert (chip["crs"], chip["count"], chip["dtype"]) == ("EPSG:3857", 3, "uint8")
        assert chip["spread"] > 1, "a picture, not one colour"


def test_the_archive_has_labels_and_areas(archive: Facts):
    assert {name.rsplit("/", 1)[-1] for name in archive["names"]} >= {"labels.geojson", "aois.geojson"}
