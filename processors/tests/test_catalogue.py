"""The twelve processors: names, what they say of themselves, and the sources that they expect."""

import ast
import re
from pathlib import Path

import pytest

from extracts.outline import Outline, read_outline
from extracts.processors import Registry, Request
from extracts.processors.registry import RegisteredProcessor

FOLDER = Path(__file__).parents[1]
SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
OUTPUTS = {
    "gri_osm.roads_and_rail_version_1": 1, "gridfinder.version_1": 3, "isimp_drought.version_1": 245,
    "jrc_ghsl_built_c.r2022_epoch2018_10m_mszfun": 2, "jrc_ghsl_population.r2022_epoch2020_1km": 1,
    "natural_earth_raster.version_1": 1, "natural_earth_vector.version_1": 1, "storm.global_mosaics_version_1": 140,
    "test_fail_processor.version_1": 1, "test_processor.version_1": 1, "wri_aqueduct.version_2": 379,
    "wri_powerplants.version_130": 1,
}  # fmt: skip
LICENCES = {
    "gri_osm": "ODbL-1.0", "isimp_drought": "CC0", "storm": "CC0", "natural_earth_raster": "Natural Earth",
    "natural_earth_vector": "Natural Earth",
}  # fmt: skip
FORMATS = {
    "gri_osm": ["Geopackage"], "natural_earth_vector": ["Geopackage"], "wri_powerplants": ["Geopackage"],
    "gridfinder": ["Geopackage", "GeoTIFF"],
}  # fmt: skip
SQUARE: Outline = read_outline({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]})
RASTERS = [path for path in sorted(FOLDER.glob("*/*.py")) if "\nPROCESSOR = FileProcessor(" in path.read_text()]


def described(registry: Registry) -> list[RegisteredProcessor]:
    return [one for one in registry.processors.values() if not one.metadata.is_test]


def test_all_twelve_are_found_and_nothing_is_left_out(registry: Registry):
    assert registry.problems == {}
    assert list(registry.processors) == sorted(OUTPUTS)
    assert len(registry.visible(with_tests=False).processors) == 10


def test_number_and_names_of_outputs(registry: Registry):
    outputs = {name: one.outputs(Request("gambia", SQUARE)) for name, one in registry.processors.items()}
    assert {name: len(files) for name, files in outputs.items()} == OUTPUTS
    every = [file for name, files in outputs.items() for file in files if "test" not in name]
    assert len(set(every)) == len(every)
    assert outputs["gridfinder.version_1"] == [
        "gridfinder-version_1-grid-gambia.gpkg", "gridfinder-version_1-targets-gambia.tif",
        "gridfinder-version_1-lv-gambia.tif",
    ]  # fmt: skip
    assert outputs["natural_earth_raster.version_1"] == ["natural_earth_raster-version_1-gambia.tif"]
    assert outputs["test_processor.version_1"] == ["gambia_test.tif"]
    assert all(file == file.lower() or "YR" in file or "inun" in file or "GHS" in file for file in every)


def test_sources_have_an_address_and_their_order(registry: Registry):
    for one in described(registry):
        assert all(source.url.startswith("http") for source in one.sources if source.kind != "pg_table"), one.name
        names = [source.name for source in one.sources]
        assert len(set(names)) == len(names)
        assert names == sorted(names) or one.dataset == "gridfinder"


def test_names_of_sources_are_those_that_are_published(registry: Registry):
    drought = {source.name for source in registry.processors["isimp_drought.version_1"].sources}
    assert {
        "lange2020_hwmid-humidex_miroc5_ewembi_historical_nosoc_co2_leh_global_annual_1861_2005_baseline_occurrence.tif",
        "lange2020_clm45_gfdl-esm2m_ewembi_rcp60_2005soc_co2_led_global_annual_2006_2099_2030_occurrence.tif",
        "lange2020_h08_miroc5_ewembi_historical_histsoc_co2_led_global_annual_1861_2005_baseline_occurrence.tif",
        "lange2020_orchidee_miroc5_ewembi_rcp26_nosoc_co2_led_global_annual_2006_2099_2080_occurrence.tif",
    } <= drought
    assert not [name for name in drought if "mpi-hm_hadgem2-es" in name]
    floods = {source.name for source in registry.processors["wri_aqueduct.version_2"].sources}
    assert {
        "inunriver_historical_000000000WATCH_1980_rp00050.tif", "inuncoast_historical_wtsub_hist_rp0001_5.tif",
        "inuncoast_rcp4p5_wtsub_2080_rp1000_0.tif", "inunriver_rcp8p5_MIROC-ESM-CHEM_2080_rp01000.tif",
    } <= floods  # fmt: skip
    assert not [name for name in floods if "perc" in name or "nosub" in name]


def test_what_they_say_of_themselves(registry: Registry):
    for one in described(registry):
        of = one.metadata
        assert SEMVER.fullmatch(of.release), one.name
        assert all((of.title, of.title_long, of.citation, of.author, of.origin_url, of.dataset_name)), one.name
        assert len(of.title) <= 50, one.name
        assert 1 <= len(of.paragraphs.split("\n\n")) <= 3
        assert "\n" not in of.paragraphs.replace("\n\n", "")
        assert of.license.name == LICENCES.get(one.dataset, "CC-BY-4.0")
        assert one.describe()["data_formats"] == FORMATS.get(one.dataset, ["GeoTIFF"])


def test_a_test_processor_as_the_reference_shows_it(registry: Registry):
    assert registry.processors["test_processor.version_1"].describe() == {
        "name": "test_processor.version_1", "description": "A test processor for nightlights", "version": "version_1",
        "data_author": "Nightlights Author", "data_title": "", "data_title_long": "", "data_summary": "",
        "data_citation": "", "data_origin_url": "http://url", "data_formats": ["GeoTIFF"],
        "data_license": {
            "name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/",
            "title": "Creative Commons Attribution 4.0",
        },
    }  # fmt: skip


@pytest.mark.parametrize("path", RASTERS, ids=lambda path: path.parent.name)
def test_a_raster_processor_is_one_short_file(path: Path):
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    assert len(lines) <= 40
    assert ast.get_docstring(ast.parse(path.read_text()))
    assert [one.name for one in path.parent.iterdir() if one.suffix == ".py"] == [path.name]
