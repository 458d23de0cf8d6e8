"""Reading images of unknown origin, and knowing where they lie."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import CRS, Geod, Transformer
from rasterio.features import rasterize
from rasterio.transform import from_bounds
from shapely import box

from geoml.chips import MAX_SIDE, list_chips, open_chip, read_rgb
from geoml.georef import metres_per_unit, tile_of_name
from geoml.polygonize import polygonize_instances


def write_tiff(path: Path, crs: str | None, bounds: tuple, bands: int = 3, dtype: str = "uint8", **profile) -> Path:
    data = np.full((bands, 64, 64), 100, dtype)
    place = {"crs": crs, "transform": from_bounds(*bounds, 64, 64)} if crs else {}
    with rasterio.open(path, "w", "GTiff", 64, 64, bands, dtype=dtype, **place, **profile) as file:
        file.write(data)
    return path


def test_keys_of_an_object_store_make_no_session(tmp_path, monkeypatch):
    """rasterio would make one for the file, one for the labels and one for the outlines."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("boto3.Session", lambda **_: pytest.fail("a session of boto3"))
    open_chip(write_tiff(tmp_path / "a.tif", "EPSG:32645", (353900.0, 3057200.0, 353960.0, 3057260.0)))
    assert polygonize_instances(rasterize([box(1, 1, 3, 3)], (5, 5), dtype="int32"))


def test_the_name_places_a_chip_without_georeference(paint):
    chip = list_chips(paint([]))[0]
    assert chip.crs.to_epsg() == 3857
    assert chip.bounds == pytest.approx((9519926.1248, 3202864.3592, 9520002.5618, 3202940.7962), abs=0.01)


@pytest.mark.parametrize("name", ["photo.png", "OAM-1-2.png", "OAM-9-0-3.png", "xOAM-1-1-3.png"])
def test_a_chip_without_any_place_is_refused(tmp_path, name):
    Image.new("RGB", (64, 64), "grey").save(tmp_path / name)
    with pytest.raises(ValueError, match="OAM"):
        list_chips(tmp_path)


def test_a_projected_file_keeps_its_crs(tmp_path):
    bounds = 353900.0, 3057200.0, 353960.0, 3057260.0
    chip = open_chip(write_tiff(tmp_path / "a.tif", "EPSG:32645", bounds))
    assert (chip.crs.to_epsg(), chip.bounds) == (32645, pytest.approx(bounds))


def test_a_geographic_file_lies_where_its_tile_lies(tmp_path):
    tile = tile_of_name("OAM-386690-220241-19.tif")
    west, south, east, north = 85.518951416016, 27.633657156647, 85.519638061523, 27.634265475686
    assert tile.z == 19
    chip = open_chip(write_tiff(tmp_path / "a.tif", "EPSG:4326", (west, south, east, north)))
    assert chip.bounds == pytest.approx((9519926.1248, 3202864.3592, 9520002.5618, 3202940.7962), abs=0.02)


def test_content_decides_the_format_and_a_vrt_is_refused(tmp_path):
    target = write_tiff(tmp_path / "secret.tif", None, ())
    vrt = tmp_path / "OAM-1-1-3.tif"
    vrt.write_text(f"""<VRTDataset rasterXSize="64" rasterYSize="64"><VRTRasterBand dataType="Byte" band="1">
        <SimpleSource><SourceFilename>{target}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>
        </VRTRasterBand></VRTDataset>""")
    with pytest.raises(ValueError, match="not a readable"):
        open_chip(vrt)


def test_sixteen_bits_and_giants_are_refused(tmp_path):
    with pytest.raises(ValueError, match="8-bit"):
        open_chip(write_tiff(tmp_path / "OAM-1-1-3.tif", None, (), dtype="uint16"))
    Image.new("L", (MAX_SIDE + 1, 8)).save(tmp_path / "OAM-1-1-4.png")
    with pytest.raises(ValueError, match="at most"):
        open_chip(tmp_path / "OAM-1-1-4.png")


def test_grey_becomes_rgb_and_alpha_becomes_no_data(tmp_path):
    Image.new("L", (64, 64), 90).save(tmp_path / "OAM-1-1-3.png")
    image = np.full((64, 64, 4), 120, np.uint8)
    image[:, :32, 3] = 0
    Image.fromarray(image).save(tmp_path / "OAM-2-1-3.png")
    (grey, seen), (_, half) = (read_rgb(chip, 32, 32) for chip in list_chips(tmp_path))
    assert (grey == 90).all()
    assert seen.all()
    assert half[:, 17:].all()
    assert not half[:, :15].any()


def test_white_edges_are_no_data_and_white_roofs_are_not(tmp_path):
    image = np.full((256, 256, 3), 120, np.uint8)
    image[:, :100] = 255
    image[100:108, 150:158] = 255
    Image.fromarray(image).save(tmp_path / "OAM-1-1-3.png")
    _, seen = read_rgb(list_chips(tmp_path)[0], 256, 256)
    assert not seen[:, :99].any()
    assert seen[:, 110:].all()


@pytest.mark.parametrize(("epsg", "x", "y"), [(3857, 9519926, 3202864), (32645, 353900, 3057200), (2263, 99e4, 2e5)])
def test_metres_are_ground_metres(epsg, x, y):
    crs = CRS.from_epsg(epsg)
    back = Transformer.from_crs(crs, 4326, always_xy=True)
    (lon1, lat1), (lon2, lat2) = back.transform(x, y), back.transform(x + 100, y)
    _, _, distance = Geod(ellps="WGS84").inv(lon1, lat1, lon2, lat2)
    assert metres_per_unit(crs, x, y) == pytest.approx(distance / 100, rel=0.005)


def test_a_palette_is_refused(tmp_path):
    """Its indices would be read as shades of grey."""
    path = tmp_path / "roof.png"
    Image.new("RGB", (64, 64), (200, 40, 40)).convert("P").save(path)
    with pytest.raises(ValueError, match="palette"):
        open_chip(path)
