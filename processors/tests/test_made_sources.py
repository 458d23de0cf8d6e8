"""Every processor from download to valid data package, on sources made here: packed, named and placed as theirs."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
from processors.tests.conftest import FOLDER, HOST, folder_of, validate
from processors.tests.made_sources import AREA, make_downloads, make_source, shortened

from extracts.errors import SourceNotAvailable
from extracts.package import new_package, with_resources
from extracts.processors import DownloadFolder, Inputs, Options, Registry, Request, SourceCache, discover, estimate, run
from extracts.processors.registry import RegisteredProcessor
from extracts.testing import FileServer

DATASETS = [name for name, one in discover(FOLDER).processors.items() if not one.metadata.is_test]
FEATURES = {"gridfinder": 2, "gri_osm": 2, "natural_earth_vector": 2, "wri_powerplants": 2}
ARCHIVES = {
    "isimp_drought": 1,
    "jrc_ghsl_built_c": 2,
    "jrc_ghsl_population": 1,
    "natural_earth_raster": 1,
    "wri_powerplants": 1,
}
NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture
def found(registry: Registry, request: pytest.FixtureRequest) -> RegisteredProcessor:
    return shortened(registry.processors[request.param])


@pytest.fixture
def cache(found: RegisteredProcessor, tmp_path: Path) -> SourceCache:
    """Fills itself from downloads; the table of a database lies there as a file."""
    (tmp_path / "downloads").mkdir()
    make_downloads(found, tmp_path / "downloads")
    folder = tmp_path / "cache" / found.dataset / found.version / "source_data"
    for source in found.sources:
        if source.kind == "pg_table":
            folder.mkdir(parents=True)
            make_source(found, source, folder / source.name)
    return SourceCache(tmp_path / "cache", DownloadFolder(tmp_path / "downloads"))


@pytest.mark.parametrize("found", DATASETS, indirect=True)
def test_from_download_to_data_package(
    found: RegisteredProcessor, cache: SourceCache, tmp_path: Path, server: FileServer
):
    request, seen = Request("square", AREA), []
    folder = folder_of(server, found, "square")
    result = run(found, request, cache, folder, server.url, lambda *step: seen.append(step))
    assert sorted(path.name for path in (folder / "data").iterdir()) == sorted(found.outputs(request))
    archives = result.log.get(f"{found.dataset} - zip download path", "")
    assert len([one for one in archives.split(",") if one]) == ARCHIVES.get(found.dataset, 0)
    assert not archives.startswith("/")
    validate(with_resources(new_package("square", HOST, NOW), [result.resource], NOW))
    percents = [percent for percent, _ in seen]
    assert percents == sorted(percents)
    assert percents[-1] <= 100
    again = run(found, request, SourceCache(cache.root), tmp_path / "again", server.url)
    assert again.resource == result.resource


@pytest.mark.parametrize("found", DATASETS, indirect=True)
def test_pixels_and_features(found: RegisteredProcessor, cache: SourceCache, tmp_path: Path):
    request = Request("square", AREA)
    result = run(found, request, cache, tmp_path / "out", HOST)
    for part, one in zip(found.parts(request), result.resource["files"], strict=True):
        source = cache.root / found.dataset / found.version / "source_data" / part.source.name
        if part.source.kind == "raster":
            column, row, width, height = one["details"]["window"]
            with rasterio.open(source) as old, rasterio.open(tmp_path / "out/data" / part.output) as new:
                expected = old.read(window=((row, row + height), (column, column + width)))
                np.testing.assert_array_equal(new.read(), expected)
        else:
            file = tmp_path / "out/data" / part.output
            assert pyogrio.read_info(file)["features"] == one["details"]["features"] == FEATURES[found.dataset]


@pytest.mark.parametrize("found", DATASETS, indirect=True)
def test_other_formats(found: RegisteredProcessor, cache: SourceCache, server: FileServer):
    options = Options(raster="COG", vector="FlatGeobuf", outside="cut")
    result = run(found, Request("square", AREA, options), cache, folder_of(server, found, "square"), server.url)
    names = [one["path"].rpartition("/")[2] for one in result.resource["files"]]
    assert {name.rpartition(".")[2] for name in names} <= {"tif", "fgb"}
    validate(with_resources(new_package("square", HOST, NOW), [result.resource], NOW))


@pytest.mark.parametrize("found", DATASETS, indirect=True)
def test_estimates_before_and_after_sources_are_there(found: RegisteredProcessor, cache: SourceCache, tmp_path: Path):
    request = Request("square", AREA)
    before = cache.present(found.dataset, found.version, found.sources)
    assert estimate(found, request, Inputs(before.files)).unknown == len(found.sources) - len(before.files)
    cache.prepare(found.dataset, found.version, found.sources)
    files = cache.present(found.dataset, found.version, found.sources).files
    after = estimate(found, request, Inputs(files))
    assert (after.files, after.unknown, after.exact) == (len(found.sources), 0, True)
    assert after.bytes > 0
    assert after.pixels or after.features


@pytest.mark.parametrize("name", DATASETS)
def test_nothing_is_fetched_without_a_network(registry: Registry, tmp_path: Path, name: str):
    with pytest.raises(SourceNotAvailable) as error:
        run(registry.processors[name], Request("square", AREA), SourceCache(tmp_path / "cache"), tmp_path / "out", HOST)
    assert error.value.text.startswith("SourceNotAvailableException - ")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_trivial_processor(registry: Registry, tmp_path: Path):
    found, seen = registry.processors["test_processor.version_1"], []
    result = run(
        found, Request("zambia", AREA), SourceCache(tmp_path), tmp_path / "out", HOST, lambda *s: seen.append(s)
    )
    uri = f"{HOST}/zambia/datasets/test_processor/version_1/data/zambia_test.tif"
    assert list(result.log.items())[:2] == [
        ("test_processor - move to storage success", True), ("test_processor - result URI", uri),
    ]  # fmt: skip
    expected = {
        "name": "test_processor", "version": "version_1", "path": [uri], "format": "GEOPKG", "bytes": 5,
        "description": "A test processor for nightlights", "hashes": ["4e1243bd22c66e76c2ba9eddc1f91394e57f9f83"],
        "sources": [{"title": "nightlights", "path": "http://url"}],
    }  # fmt: skip
    assert {name: result.log["datapackage"][name] for name in expected} == expected
    assert result.log["datapackage"]["license"]["name"] == "CC-BY-4.0"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["data"]
    assert seen[0] == (30, "waiting")


def test_a_processor_that_fails(registry: Registry, tmp_path: Path):
    found = registry.processors["test_fail_processor.version_1"]
    with pytest.raises(AssertionError, match=r"^test-fail-processor failed as expected$"):
        run(found, Request("zambia", AREA), SourceCache(tmp_path), tmp_path / "out", HOST)
    assert list((tmp_path / "out").iterdir()) == []
