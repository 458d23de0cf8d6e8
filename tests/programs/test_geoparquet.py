"""Each collection as GeoParquet, written and read by both libraries that know the form."""

import pytest

from tests.programs.conftest import Facts, Programs, Village

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
NAMES = ("base-models", "datasets", "local-models")
WAYS = [
    f"{writer}, read by {reader}"
    for writer in ("rustac", "stac-geoparquet")
    for reader in ("rustac", "stac-geoparquet")
]


@pytest.fixture(scope="module")
def parquet(village: Village, programs: Programs) -> Facts:
    return programs.run("geoparquet", collections={item["collection"]: [item] for item in village.items()})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_collection_goes_to_geoparquet_and_back(parquet: Facts, village: Village, name: str, way: str):
    [item] = [one for one in village.items() if one["collection"] == name]
    back = parquet[name].get(way, parquet[name].get(way.split(",")[0]))
    assert isinstance(back, dict), back
    assert list(back) == [item["id"]]
    assert back[item["id"]].keys() >= {key for key, value in item["properties"].items() if value not in (None, [], {})}
    assert back[item["id"]]["title"] == item["properties"]["title"]
