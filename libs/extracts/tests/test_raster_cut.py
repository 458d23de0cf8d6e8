"""Pixels of a cut raster are those of the source, in every format, and so is what the file says of them."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from rasterio.enums import ColorInterp

from extracts.errors import ExtractTooLarge, NoOverlap, SourceInvalid, SourceNotAvailable
from extracts.raster import RasterFormat, cut_raster, retile
from extracts.raster.source import open_raster
from extracts.testing import MakeRaster, outline

AREA = outline(shapely.Polygon([(2.05, -8), (9.93, -7), (8, -1.52), (3, -2)]))
COLUMNS, ROWS = slice(20, 100), slice(15, 80)
FORMATS = [
    RasterFormat(),
    RasterFormat(compress="deflate", bigtiff=True),
    RasterFormat(driver="COG"),
    RasterFormat(overviews=True),
]
random = np.random.default_rng(3)


def numbers(dtype: str, bands: int = 1, side: int = 120) -> np.ndarray:
    return random.integers(0, 200, (bands, side, side)).astype(dtype)


@pytest.mark.parametrize("chosen", FORMATS, ids=lambda one: f"{one.driver}-{one.compress}-{one.overviews}")
@pytest.mark.parametrize(("dtype", "bands"), [("uint8", 1), ("uint8", 3), ("int16", 2), ("float32", 1), ("float64", 1)])
def test_pixels_are_the_sources(make_raster: MakeRaster, tmp_path: Path, chosen: RasterFormat, dtype: str, bands: int):
    values = numbers(dtype, bands)
    if dtype == "float32":
        values[:, 30:40, 40:50] = np.nan
    source = make_raster(values, tiled=True, blockxsize=16, blockysize=32)
    found = cut_raster(source, AREA, tmp_path / "out.tif", chosen)
    with rasterio.open(tmp_path / "out.tif") as dataset:
        np.testing.assert_array_equal(dataset.read(), values[:, ROWS, COLUMNS])
        assert dataset.xy(0, 0, offset="ul") == pytest.approx((2.0, -1.5))
        assert (dataset.crs.to_epsg(), dataset.nodata, dataset.dtypes[0]) == (4326, None, dtype)
    assert (found.window.column, found.window.row, found.pixels) == (20, 15, 80 * 65)


def test_the_file_says_what_the_source_says(make_raster: MakeRaster, tmp_path: Path):
    source = make_raster(numbers("int16", 2), nodata=-7, interleave="band")
    with rasterio.open(source, "r+") as dataset:
        dataset.scales, dataset.offsets, dataset.units = (0.5, 2), (10, 0), ("mm", "K")
        dataset.descriptions = ("rain", "warmth")
        dataset.update_tags(AREA_OR_POINT="Point", AUTHOR="somebody", STATISTICS_MEAN="1")
        dataset.update_tags(1, MODEL="x", STATISTICS_MEAN="1")
    for chosen in FORMATS:
        cut_raster(source, AREA, tmp_path / "out.tif", chosen)
        with rasterio.open(source) as old, rasterio.open(tmp_path / "out.tif") as new:
            for name in ("scales", "offsets", "units", "descriptions", "nodata", "colorinterp", "res", "count"):
                assert getattr(new, name) == getattr(old, name), (chosen.driver, name)
            assert new.tags()["AREA_OR_POINT"] == "Point"
            assert new.tags()["AUTHOR"] == "somebody"
            assert new.tags(1)["MODEL"] == "x"
            assert "STATISTICS_MEAN" not in new.tags() | new.tags(1)
            assert new.xy(0, 0, offset="ul") == pytest.approx(old.xy(15, 20, offset="ul"))


@pytest.mark.parametrize("driver", ["GTiff", "COG"])
def test_palettes_colours_and_alpha_stay(make_raster: MakeRaster, tmp_path: Path, driver: str):
    palette = make_raster(numbers("uint8") % 3, name="palette.tif", photometric="PALETTE")
    with rasterio.open(palette, "r+") as dataset:
        dataset.write_colormap(1, {0: (1, 2, 3, 255), 1: (9, 8, 7, 255), 2: (4, 5, 6, 255)})
    colours = make_raster(numbers("uint8", 4), name="colours.tif", photometric="RGB", alpha="YES")
    for source in (palette, colours):
        cut_raster(source, AREA, tmp_path / "out.tif", RasterFormat(driver=driver))
        with rasterio.open(source) as old, rasterio.open(tmp_path / "out.tif") as new:
            assert new.colorinterp == old.colorinterp
            if old.colorinterp[0] == ColorInterp.palette:
                assert new.colormap(1) == old.colormap(1)


@pytest.mark.parametrize("driver", ["GTiff", "COG"])
def test_a_mask_of_the_source_stays(make_raster: MakeRaster, tmp_path: Path, driver: str):
    source = make_raster(numbers("uint8"))
    valid = random.integers(0, 2, (120, 120)).astype(bool)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(source, "r+") as dataset:
        dataset.write_mask(valid)
    cut_raster(source, AREA, tmp_path / "out.tif", RasterFormat(driver=driver))
    with rasterio.open(tmp_path / "out.tif") as dataset:
        np.testing.assert_array_equal(dataset.dataset_mask() > 0, valid[ROWS, COLUMNS])
    assert not list(tmp_path.glob("*.msk"))


@pytest.mark.parametrize("driver", ["GTiff", "COG"])
@pytest.mark.parametrize(("dtype", "nodata"), [("uint8", 255), ("uint8", None), ("float32", None), ("float32", -9999)])
def test_beyond_the_outline_is_empty_and_within_it_nothing_changes(
    make_raster: MakeRaster, tmp_path: Path, driver: str, dtype: str, nodata: float | None
):
    values = numbers(dtype)
    source = make_raster(values, nodata=nodata)
    cut_raster(source, AREA, tmp_path / "out.tif", RasterFormat(driver=driver, outside="empty"))
    with rasterio.open(tmp_path / "out.tif") as dataset:
        valid, found = dataset.dataset_mask() > 0, dataset.read(1)
        centres = shapely.points(*dataset.xy(*np.indices(found.shape).reshape(2, -1))).reshape(found.shape)
    for half, expected in ((0.048, True), (0.052, False)):
        touched = shapely.intersects(AREA.surface, shapely.buffer(centres, half, cap_style="square"))
        assert valid[touched].all() if expected else not valid[~touched].any()
    np.testing.assert_array_equal(found[valid], values[0, ROWS, COLUMNS][valid])


def test_averages_of_values_and_most_frequent_classes_in_overviews(make_raster: MakeRaster, tmp_path: Path):
    classes = np.where(random.random((1500, 1500)) < 0.7, 10, 250).astype("uint8")
    for values, expected in ((classes, {10, 250}), (classes.astype("float32"), None)):
        source = make_raster(values, pixel=0.01)
        for chosen in (RasterFormat(driver="COG"), RasterFormat(overviews=True)):
            cut_raster(source, outline(shapely.box(0.001, -15, 14.9, -0.001)), tmp_path / "out.tif", chosen)
            with rasterio.open(tmp_path / "out.tif") as dataset:
                assert dataset.overviews(1)[0] == 2
                small = dataset.read(1, out_shape=(375, 375))
            assert set(np.unique(small)) <= expected if expected else 10 < small.mean() < 250


def test_two_windows_over_the_antimeridian_are_one_sparse_file(make_raster: MakeRaster, tmp_path: Path):
    values = random.integers(1, 200, (400, 7200)).astype("uint8")
    source = make_raster(values, west=-180, north=10, pixel=0.05, nodata=0, tiled=True, blockxsize=256, blockysize=256)
    fiji = outline(shapely.box(177, -4, 182, 2))
    for chosen in (RasterFormat(), RasterFormat(driver="COG")):
        found = cut_raster(source, fiji, tmp_path / "out.tif", chosen)
        assert [one.width for one in found.windows] == [40, 60]
        with rasterio.open(tmp_path / "out.tif") as dataset:
            whole = dataset.read(1)
            assert tuple(dataset.bounds) == pytest.approx((-180, -4, 180, 2))
        np.testing.assert_array_equal(whole[:, :40], values[160:280, :40])
        np.testing.assert_array_equal(whole[:, -60:], values[160:280, -60:])
        assert not whole[:, 40:-60].any()
        assert (tmp_path / "out.tif").stat().st_size < 100_000


def test_between_two_windows_is_no_data_where_the_source_has_no_value_for_it(make_raster: MakeRaster, tmp_path: Path):
    for dtype in ("float32", "uint8"):
        source = make_raster(numbers(dtype, side=360)[:, :180], west=-180, north=90, pixel=1)
        found = cut_raster(source, outline(shapely.box(177, -4, 182, 2)), tmp_path / "out.tif")
        with rasterio.open(tmp_path / "out.tif") as dataset:
            assert (dataset.dataset_mask() > 0).sum() == found.pixels == 5 * 6


def test_an_equal_request_makes_equal_bytes(make_raster: MakeRaster, tmp_path: Path):
    source = make_raster(numbers("float32"))
    for chosen in FORMATS:
        for name in ("a.tif", "b.tif"):
            cut_raster(source, AREA, tmp_path / name, chosen)
        assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def left_over(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in tmp_path.rglob("*") if "source" not in path.name)


def test_no_overlap_and_too_many_pixels_leave_nothing(make_raster: MakeRaster, tmp_path: Path):
    source = make_raster(numbers("uint8"))
    with pytest.raises(NoOverlap, match=r"source\.tif has nothing where the area is") as nothing:
        cut_raster(source, outline(shapely.box(50, 50, 51, 51)), tmp_path / "out.tif")
    assert nothing.value.text.startswith("NoOverlapException - ")
    with pytest.raises(ExtractTooLarge):
        cut_raster(source, AREA, tmp_path / "out.tif", max_pixels=100)
    assert left_over(tmp_path) == []


def test_whoever_listens_to_progress_may_stop_it(make_raster: MakeRaster, tmp_path: Path):
    source, told = make_raster(numbers("uint8"), tiled=True, blockxsize=16, blockysize=16), []

    def stop(share: float) -> None:
        told.append(share)
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        cut_raster(source, AREA, tmp_path / "out.tif", progress=stop)
    assert told == sorted(told)
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("driver", ["GTiff", "COG"])
def test_a_truncated_source_is_refused_and_leaves_nothing(make_raster: MakeRaster, tmp_path: Path, driver: str):
    source = make_raster(numbers("uint8", 3, 600), compress="deflate", tiled=True, blockxsize=64, blockysize=64)
    content = source.read_bytes()
    source.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceInvalid) as caught:
        cut_raster(source, outline(shapely.box(1, -59, 59, -1)), tmp_path / "out.tif", RasterFormat(driver=driver))
    assert caught.value.code == "source_unreadable"
    assert str(tmp_path) not in caught.value.text
    assert left_over(tmp_path) == []


def test_sources_that_cannot_be_cut(make_raster: MakeRaster, tmp_path: Path):
    (tmp_path / "source.txt").write_text("no raster")
    place = rasterio.Affine(0.1, 0.02, 0, 0.02, -0.1, 0)
    cases = {
        "source_unreadable": tmp_path / "source.txt",
        "source_crs_implausible": make_raster(numbers("uint8"), 500_000, 4_000_000, 10, "source1.tif"),
        "source_without_crs": make_raster(numbers("uint8"), name="source2.tif", crs=None),
        "source_rotated": make_raster(numbers("uint8"), name="source3.tif", transform=place),
        "source_beyond_180": make_raster(numbers("uint8")[:, :40], west=0, north=60, pixel=3, name="source4.tif"),
    }
    for code, source in cases.items():
        with pytest.raises(SourceInvalid) as caught:
            cut_raster(source, AREA, tmp_path / "out.tif")
        assert caught.value.code == code
    with pytest.raises(SourceNotAvailable):
        cut_raster(tmp_path / "none.tif", AREA, tmp_path / "out.tif")
    assert left_over(tmp_path) == []


def test_a_tile_too_large_to_decode_is_refused_before_it_is(make_raster: MakeRaster, tmp_path: Path):
    zeros = np.zeros((100, 100), dtype="uint8")
    source = make_raster(zeros, compress="deflate", tiled=True, blockxsize=8192, blockysize=8192)
    with pytest.raises(SourceInvalid) as caught:
        cut_raster(source, AREA, tmp_path / "out.tif")
    assert caught.value.code == "source_block_too_large"


def test_a_raster_in_one_strip_is_read_by_rows(make_raster: MakeRaster, tmp_path: Path):
    values = np.random.default_rng(1).integers(0, 9, (3000, 3000)).astype("uint8")
    plain, source = make_raster(values, pixel=0.01), tmp_path / "source1.tif"
    rasterio.shutil.copy(plain, source, driver="GTiff", COMPRESS="DEFLATE", BLOCKYSIZE="3000")
    found = cut_raster(source, AREA, tmp_path / "out.tif").window
    with rasterio.open(tmp_path / "out.tif") as dataset:
        rows, columns = (slice(*edges) for edges in found.slices)
        np.testing.assert_array_equal(dataset.read(1), values[rows, columns])


def test_a_striped_source_is_tiled_once_with_the_same_pixels(make_raster: MakeRaster, tmp_path: Path):
    values = random.integers(0, 2000, (700, 1300)).astype("uint16")
    source = make_raster(values, nodata=9, compress="deflate")
    retile(source, tmp_path / "tiled.tif")
    with open_raster(tmp_path / "tiled.tif") as dataset:
        assert dataset.block_shapes == [(512, 512)]
        assert dataset.nodata == 9
        np.testing.assert_array_equal(dataset.read(1), values)
