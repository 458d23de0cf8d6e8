"""The STAC item of a package."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import shapely
from package_storages import HOST, in_folder

from catalog.packages.packages import usecases
from catalog.packages.storage.package_storage import TreeStorage
from catalog.stac.client import StacClient
from catalog.stac.package_item import PackageItemInput, package_item
from catalog.stac.validate import item_problems
from catalog.stac.vocabulary import PACKAGES
from extracts.digests import FileDigest
from extracts.names import own_area_name
from extracts.package import (
    DatasetVersion,
    License,
    PackageFile,
    new_package,
    resource,
    with_resources,
    without_resource,
)
from extracts.processors import CC0, CC_BY

NOW = datetime(2026, 5, 1, 10, tzinfo=UTC)
BOWTIE = shapely.MultiPolygon([shapely.Polygon([(30, 0), (31, 1), (31, 0), (30, 1)])])
FAR = shapely.MultiPolygon([shapely.box(177, -19, 182, -16)])
COG = "image/tiff; application=geotiff; profile=cloud-optimized"


def described(dataset: str, license: License, *names: str, media: str | None = None) -> dict[str, Any]:
    version = DatasetVersion(dataset, "v1", "", "Says", f"{dataset} source", "https://a.example/x", "Author", license)
    files = [
        PackageFile(
            f"http://old/packages/gambia/datasets/{dataset}/v1/data/{name}", FileDigest(3, "1" * 40, "a" * 64, "")
        )
        for name in names
    ]
    return resource(version, files, "mixed", media)


def descriptor(*resources: dict[str, Any]) -> dict[str, Any]:
    return with_resources(new_package("gambia", "http://old/packages/gambia/", NOW), resources, NOW)


def storage_with(folder: Path, *outlines: shapely.MultiPolygon) -> tuple[TreeStorage, Any]:
    """A storage, and what stands for a transaction that finds the boundary once for each outline."""
    rows = iter([("The Gambia", shapely.to_wkb(outline)) for outline in outlines])

    async def execute(_: object) -> Any:
        return SimpleNamespace(first=lambda: next(rows, None))

    return in_folder(folder), SimpleNamespace(session=SimpleNamespace(execute=execute))


def item(*resources: dict[str, Any]) -> dict[str, Any]:
    outline = shapely.box(1, 2, 3, 4)
    kinds = {"a.tif": "image/tiff; application=geotiff", "b.gpkg": "application/geopackage+sqlite3"}
    shape, said = orjson.loads(shapely.to_geojson(outline)), descriptor(*resources)
    home = f"{HOST}/gambia/"
    return package_item(PackageItemInput("gambia", "Gambia", shape, outline.bounds, home, said, kinds, "0.1.0"))


def test_an_item_holds_what_its_data_package_says():
    built = item(described("storm", CC0, "a.tif"), described("roads", CC_BY, "b.gpkg", "a.tif"))
    assert item_problems(built) == []
    assert (built["id"], built["collection"], built["bbox"]) == ("gambia", "packages", [1, 2, 3, 4])
    assert built["assets"]["a.tif"] == {
        "href": f"{HOST}/gambia/datasets/storm/v1/data/a.tif", "title": "storm", "roles": ["data"],
        "type": "image/tiff; application=geotiff", "file:size": 3, "file:checksum": "1220" + "a" * 64,
    }  # fmt: skip
    assert set(built["assets"]) == {"a.tif", "b.gpkg", "roads.v1-a.tif", "datapackage", "provenance"}
    properties = built["properties"]
    assert (properties["license"], properties["datetime"]) == ("other", "2026-05-01T10:00:00Z")
    assert properties["providers"] == [{"name": "Author", "roles": ["producer"]}]
    links = [(link["rel"], link["href"]) for link in built["links"]]
    assert {rel for rel, _ in links} == {"license", "via", "alternate", "processing-execution"}
    assert ("processing-execution", f"{HOST}/gambia/provenance.json") in links
    assert item(described("storm", CC0, "a.tif"))["properties"]["license"] == "CC0-1.0"


def test_an_item_without_a_checksum_of_the_right_form_is_refused():
    built = item(described("storm", CC0, "a.tif"))
    built["assets"]["a.tif"]["file:checksum"] = "no hex"
    assert item_problems(built) != []


@pytest.mark.live
async def test_packages_are_published_replaced_and_withdrawn(stac: StacClient, tmp_path: Path):
    await stac.ensure_collections()
    storage, tx = storage_with(tmp_path, BOWTIE, FAR)
    whole = descriptor(described("storm", CC0, "a.tif", media=COG), described("roads", CC_BY, "b.gpkg"))
    await storage.save_datapackage("gambia", whole)
    assert await usecases.publish_item("gambia", tx, storage, stac) is True
    found = await stac.get(PACKAGES, "gambia")
    assert found
    assert shapely.geometry.shape(found["geometry"]).is_valid
    assert found["assets"]["a.tif"]["type"] == COG
    await storage.save_datapackage("gambia", without_resource(whole, "storm.v1", NOW))
    assert await usecases.publish_item("gambia", tx, storage, stac) is True
    found = await stac.get(PACKAGES, "gambia")
    assert found
    assert ("a.tif" in found["assets"], found["bbox"]) == (False, [177, -19, -178, -16])
    await storage.save_datapackage("gambia", descriptor())
    for _ in range(2):
        assert await usecases.publish_item("gambia", tx, storage, stac) is False
    assert await stac.get(PACKAGES, "gambia") is None


async def test_own_areas_and_areas_without_a_boundary_stay_out(tmp_path: Path):
    own = own_area_name("ab" * 32)
    storage, tx = storage_with(tmp_path)
    for name in (own, "gambia"):
        await storage.save_datapackage(name, descriptor(described("storm", CC0, "a.tif")))
    nowhere = StacClient("http://127.0.0.1:9", None)
    for name, api in ((own, nowhere), ("gambia", nowhere), ("gambia", StacClient(None, None))):
        assert await usecases.publish_item(name, tx, storage, api) is False
        await api.stop()
