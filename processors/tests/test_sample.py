"""The facts of the reference, by the processors on the shared sample: windows, counts, columns, and valid packages."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
from processors.tests.conftest import HOST, folder_of, of, validate

from extracts.digests import digest
from extracts.errors import NoOverlap, SourceInvalid
from extracts.outline import Outline
from extracts.package import new_package, with_resources
from extracts.processors import Inputs, Options, Registry, Request, SourceCache, estimate, run
from extracts.testing import FileServer

WINDOWS = {
    ("isimp_drought.version_1", "gambia"): [[326, 152, 7, 2]] * 2,
    ("storm.global_mosaics_version_1", "gambia"): [[326, 152, 7, 2]] * 3,
    ("wri_aqueduct.version_2", "gambia"): [[326, 152, 7, 2]] * 2,
    ("natural_earth_raster.version_1", "gambia"): [[23, 282, 61, 16]],
    ("jrc_ghsl_population.r2022_epoch2020_1km", "gambia"): [[119, 381, 299, 92]],
    ("jrc_ghsl_built_c.r2022_epoch2018_10m_mszfun", "gambia"): [[184, 198, 1491, 457]] * 2,
    ("gridfinder.version_1", "gambia"): [[23, 282, 61, 16], [26, 340, 61, 19]],
}
FEATURES = {
    "gridfinder.version_1": {"gambia": 84, "mali": 1673},
    "gri_osm.roads_and_rail_version_1": {"gambia": 76, "mali": 189, "ghana": 0, "zambia": 0},
    "natural_earth_vector.version_1": {"gambia": 2, "mali": 109, "ghana": 15, "zambia": 0},
    "wri_powerplants.version_130": {"gambia": 1, "mali": 82, "ghana": 4, "zambia": 0},
}
COUNTS = [(name, boundary, number) for name, found in FEATURES.items() for boundary, number in found.items()]
OSM = [
    "asset_id", "osm_way_id", "asset_type", "paved", "material", "lanes", "_asset_type", "rehab_cost_USD_per_km",
    "sector", "subsector", "tag_bridge", "bridge", "wkt", "cut",
]  # fmt: skip
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize(("name", "boundary"), WINDOWS)
def test_windows_and_pixels(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path, name: str, boundary: str
):
    found = of(sampled, name)
    result = run(found, Request(boundary, boundaries[boundary]), cache, tmp_path / "out", HOST)
    rasters = [one for one in result.resource["files"] if "window" in one["details"]]
    assert [one["details"]["window"] for one in rasters] == WINDOWS[name, boundary]
    sources = [one for one in found.sources if one.kind == "raster"]
    for source, one in zip(sources, rasters, strict=True):
        column, row, width, height = one["details"]["window"]
        path = tmp_path / "out/data" / one["path"].rpartition("/")[2]
        file = cache.root / found.dataset / found.version / "source_data" / source.name
        with rasterio.open(file) as old, rasterio.open(path) as new:
            expected = old.read(window=((row, row + height), (column, column + width)))
            np.testing.assert_array_equal(new.read(), expected)
            assert (new.crs, new.nodata, new.dtypes) == (old.crs, old.nodata, old.dtypes)
            assert new.compression.name == ("deflate" if found.dataset == "jrc_ghsl_built_c" else "packbits")


def test_ten_metre_rasters_are_bigtiff(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path
):
    found = of(sampled, "jrc_ghsl_built_c.r2022_epoch2018_10m_mszfun")
    run(found, Request("gambia", boundaries["gambia"]), cache, tmp_path / "out", HOST)
    for path in (tmp_path / "out/data").iterdir():
        assert path.read_bytes()[:4] == b"II+\0"


@pytest.mark.parametrize(("name", "boundary", "number"), COUNTS)
def test_counts_of_features(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path, name: str, boundary: str,
    number: int,
):  # fmt: skip
    request = Request(boundary, boundaries[boundary])
    result = run(of(sampled, name), request, cache, tmp_path / "out", HOST)
    [file] = (tmp_path / "out/data").glob("*.gpkg")
    assert pyogrio.read_info(file)["features"] == result.resource["files"][0]["details"]["features"] == number


def test_columns_and_layers(sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path):
    info = {}
    for name in FEATURES:
        run(of(sampled, name), Request("gambia", boundaries["gambia"]), cache, tmp_path / name, HOST)
        info[name] = pyogrio.read_info(next((tmp_path / name / "data").glob("*.gpkg")))
    osm, roads = info["gri_osm.roads_and_rail_version_1"], info["natural_earth_vector.version_1"]
    grid, plants = info["gridfinder.version_1"], info["wri_powerplants.version_130"]
    assert (list(osm["fields"]), osm["geometry_type"]) == (OSM, "LineString")
    assert osm["layer_name"] == "gri_osm-roads_and_rail_version_1-gambia"
    assert roads["layer_name"] == "ne_10m_roads_gambia"
    assert list(roads["fields"]) == ["ID", "TYPE", "NAME", "LENGTH_KM", "SCALERANK", "cut"]
    assert list(grid["fields"]) == ["source"]
    assert (len(plants["fields"]), plants["geometry_type"]) == (36, "Point")
    assert {one["crs"] for one in info.values()} == {"EPSG:4326"}
    kinds = dict(zip(plants["fields"], plants["ogr_types"], strict=True))
    assert {kinds[name] for name in ("capacity_mw", "commissioning_year", "generation_gwh_2013")} == {"OFTReal"}
    assert {kinds[name] for name in ("wepp_id", "estimated_generation_note_2013")} == {"OFTString"}


def test_parts_that_are_no_lines_are_counted(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path
):
    found = of(sampled, "gri_osm.roads_and_rail_version_1")
    result = run(found, Request("gambia", boundaries["gambia"]), cache, tmp_path / "out", HOST)
    skipped = result.resource["files"][0]["details"]["skipped"]
    assert sum(number for reason, number in skipped.items() if reason.startswith("part is a")) == 10


@pytest.mark.parametrize("boundary", ["gambia", "ghana"])
def test_whole_packages_are_valid(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], server: FileServer, boundary: str
):
    package, request = new_package(boundary, f"{HOST}/{boundary}/", NOW), Request(boundary, boundaries[boundary])
    for found in sampled.visible(with_tests=False).processors.values():
        folder = folder_of(server, found, boundary)
        try:
            result = run(found, request, cache, folder, server.url)
        except NoOverlap:
            assert (boundary, folder.exists() and any(folder.iterdir())) == ("ghana", False)
            continue
        assert [path.name for path in sorted(folder.iterdir())] == ["data", "index.html", "license.html"]
        for one, sha1 in zip(result.resource["files"], result.resource["hashes"], strict=True):
            made = digest(folder / "data" / one["path"].rpartition("/")[2])
            assert (made.bytes, made.sha1, made.sha256) == (one["bytes"], sha1, one["sha256"])
        package = with_resources(package, [result.resource], NOW)
    validate(package)
    formats = {one["name"]: one["format"] for one in package["resources"]}
    assert formats["gridfinder"] == "mixed"
    assert formats["gri_osm"] == formats["natural_earth_vector"] == "GEOPKG"
    assert formats["storm"] == "GeoTIFF"


def test_no_overlap_writes_nothing(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path
):
    found, request = of(sampled, "gridfinder.version_1"), Request("zambia", boundaries["zambia"])
    with pytest.raises(NoOverlap) as error:
        run(found, request, cache, tmp_path / "out", HOST)
    assert error.value.text.startswith("NoOverlapException - ")
    assert list((tmp_path / "out").iterdir()) == []
    files = cache.present(found.dataset, found.version, found.sources).files
    assert len(estimate(found, request, Inputs(files)).without_overlap) == 2


def test_a_source_that_the_list_does_not_describe(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path
):
    path = cache.root / "storm/global_mosaics_version_1/source_data"
    file = next(path.iterdir())
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:-1] + b"x")
    with pytest.raises(SourceInvalid) as error:
        run(of(sampled, "storm.global_mosaics_version_1"), Request("gambia", boundaries["gambia"]), cache, tmp_path, "")
    assert error.value.code == "source_checksum"


@pytest.mark.parametrize("name", ["gridfinder.version_1", "gri_osm.roads_and_rail_version_1"])
def test_other_formats_cut_at_the_outline(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], server: FileServer, name: str
):
    options = Options(raster="COG", vector="GeoParquet", outside="cut")
    found = of(sampled, name)
    folder = folder_of(server, found, "gambia")
    result = run(found, Request("gambia", boundaries["gambia"], options), cache, folder, server.url)
    names = [one["path"].rpartition("/")[2] for one in result.resource["files"]]
    assert names[0].endswith(".parquet")
    assert result.resource["format"] == ("mixed" if len(names) > 1 else "GeoParquet")
    validate(with_resources(new_package("gambia", HOST, NOW), [result.resource], NOW))
    for one in names[1:]:
        with rasterio.open(folder / "data" / one) as raster:
            assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


@pytest.mark.parametrize("name", FEATURES)
def test_estimates_are_what_comes(
    sampled: Registry, cache: SourceCache, boundaries: dict[str, Outline], tmp_path: Path, name: str
):
    found, request = of(sampled, name), Request("gambia", boundaries["gambia"])
    before = estimate(found, request, Inputs(cache.present(found.dataset, found.version, found.sources).files))
    result = run(found, request, cache, tmp_path / "out", HOST)
    details = [one["details"] for one in result.resource["files"]]
    assert before.pixels == sum(one.get("pixels", 0) for one in details)
    assert (before.files, before.unknown, before.exact) == (len(details), 0, True)
    if name != "gri_osm.roads_and_rail_version_1":  # parts of other kinds are not told from lines before the cut
        assert before.features == sum(one.get("features", 0) for one in details)
