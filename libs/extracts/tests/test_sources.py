"""Sources are checked before they are used, and archives before they are unpacked."""

import copy
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import rasterio
import shapely

from extracts.archives import UnpackLimits, unpack
from extracts.digests import digest
from extracts.errors import SourceInvalid, SourceNotAvailable
from extracts.sources import Expected, check_file, check_raster, check_vector
from extracts.testing import MakeRaster

VALUES = np.arange(600 * 600, dtype="uint16").reshape(600, 600)


def code_of(call, *args: object) -> str:
    with pytest.raises(SourceInvalid) as caught:
        call(*args)
    assert caught.value.text.startswith("SourceInvalidException - ")
    return caught.value.code


def test_sizes_and_hashes(tmp_path: Path):
    content = b"test\n"
    (tmp_path / "a.txt").write_bytes(content)
    found = digest(tmp_path / "a.txt")
    assert (found.bytes, found.sha1) == (5, "4e1243bd22c66e76c2ba9eddc1f91394e57f9f83")
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.multihash == f"1220{found.sha256}"
    check_file(tmp_path / "a.txt", Expected(bytes=5, sha1=found.sha1.upper(), sha256=found.sha256, md5=found.md5))
    assert code_of(check_file, tmp_path / "a.txt", Expected(bytes=6)) == "source_size"
    assert code_of(check_file, tmp_path / "a.txt", Expected(sha1="0" * 40)) == "source_checksum"
    assert code_of(check_file, tmp_path / "a.txt", Expected(md5="0" * 32)) == "source_checksum"
    with pytest.raises(SourceNotAvailable):
        check_file(tmp_path / "none.txt", Expected())


def test_a_raster_that_is_what_it_should_be(make_raster: MakeRaster):
    tiled = make_raster(VALUES, pixel=0.01, nodata=0, tiled=True, blockxsize=256, blockysize=256)
    found = check_raster(tiled, Expected(crs="EPSG:4326"))
    assert (found.crs, found.width, found.dtype, found.nodata, found.striped) == ("EPSG:4326", 600, "uint16", 0, False)
    assert check_raster(make_raster(VALUES, pixel=0.01, name="striped.tif")).striped
    assert code_of(check_raster, tiled, Expected(crs="ESRI:54009")) == "source_crs"


def test_a_raster_whose_degrees_are_metres(make_raster: MakeRaster):
    source = make_raster(VALUES, west=-1_795_000, north=3_410_000, pixel=5000)
    assert code_of(check_raster, source, Expected(crs="EPSG:4326")) == "source_crs_implausible"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_raster_that_was_cut_short(make_raster: MakeRaster, kept: float):
    source = make_raster(VALUES, pixel=0.01, tiled=True, blockxsize=64, blockysize=64, compress="deflate")
    content = source.read_bytes()
    source.write_bytes(content[: int(len(content) * kept)])
    assert code_of(check_raster, source) in ("source_truncated", "source_unreadable")


def test_a_raster_that_lacks_blocks_which_are_not_its_last(tmp_path: Path):
    """Programs that write side by side leave blocks in any order: here the last one lies first."""
    options = {"driver": "GTiff", "crs": "EPSG:4326", "dtype": "uint16", "count": 1, "width": 600, "height": 600}
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64, "transform": rasterio.Affine(0.01, 0, 0, 0, -0.01, 0)}
    with rasterio.open(tmp_path / "a.tif", "w", sparse_ok=True, **options, **tiles) as target:
        target.write(VALUES[None, 576:], window=((576, 600), (0, 600)))
    with rasterio.open(tmp_path / "a.tif", "r+") as target:
        target.write(VALUES[None, :576], window=((0, 576), (0, 600)))
    check_raster(tmp_path / "a.tif")
    content = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(content[: int(len(content) * 0.9)])
    assert code_of(check_raster, tmp_path / "a.tif") == "source_truncated"


def write_points(path: Path, shapes: list[shapely.Geometry], crs: str) -> Path:
    table = pa.table({"n": pa.array(range(len(shapes))), "geom": pa.array(shapely.to_wkb(shapes), pa.binary())})
    options = {"driver": "GPKG", "geometry_name": "geom", "geometry_type": "Point", "crs": crs}
    pyogrio.raw.write_arrow(table, path, **options)
    return path


def test_vector_files(tmp_path: Path):
    good = write_points(tmp_path / "good.gpkg", [shapely.Point(1, 2)], "EPSG:4326")
    assert check_vector(good, Expected(crs="EPSG:4326"))["features"] == 1
    assert code_of(check_vector, good, Expected(crs="EPSG:3857")) == "source_crs"
    lying = write_points(tmp_path / "lying.gpkg", [shapely.Point(500_000, 4e6)], "EPSG:4326")
    assert code_of(check_vector, lying) == "source_crs_implausible"


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_an_archive_is_unpacked_with_its_folders(tmp_path: Path):
    packed = archive(tmp_path / "a.zip", {"one.tif": b"1", "deep/two.tif": b"22", "deep/": b""})
    found = unpack(packed, tmp_path / "out")
    assert [path.relative_to(tmp_path / "out") for path in found] == [Path("one.tif"), Path("deep/two.tif")]
    assert found[1].read_bytes() == b"22"


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "..\\out.txt", "C:/out.txt"])
def test_members_that_would_land_outside_are_refused(tmp_path: Path, name: str):
    packed = archive(tmp_path / "a.zip", {"good.txt": b"1", name: b"2"})
    assert code_of(unpack, packed, tmp_path / "out") == "archive_unsafe"
    assert files_below(tmp_path / "out") == []
    assert not (tmp_path / "out.txt").exists()


def test_links_and_names_given_twice_are_refused(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as target:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/etc/passwd")
    assert code_of(unpack, tmp_path / "link.zip", tmp_path / "out") == "archive_unsafe"
    twice = archive(tmp_path / "twice.zip", {"a.tif": b"1", "A.TIF": b"2"})
    assert code_of(unpack, twice, tmp_path / "out") == "archive_unsafe"
    assert files_below(tmp_path / "out") == []


def test_what_holds_more_than_the_limit_is_refused_before_it_is_written(tmp_path: Path):
    packed = archive(tmp_path / "bomb.zip", {"zeros": bytes(10_000_000)})
    assert packed.stat().st_size < 20_000
    assert code_of(unpack, packed, tmp_path / "out", UnpackLimits(bytes=1_000_000)) == "archive_too_large"
    many = archive(tmp_path / "many.zip", {str(n): b"" for n in range(20)})
    assert code_of(unpack, many, tmp_path / "out", UnpackLimits(members=10)) == "archive_too_large"
    assert files_below(tmp_path / "out") == []


def test_an_archive_that_says_less_than_it_holds_is_stopped(tmp_path: Path):
    content = bytearray(archive(tmp_path / "a.zip", {"zeros": bytes(3_000_000)}).read_bytes())
    said = (3_000_000).to_bytes(4, "little")
    while (place := content.find(said)) >= 0:
        content[place : place + 4] = (100).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(content)
    assert code_of(unpack, tmp_path / "a.zip", tmp_path / "out", UnpackLimits(bytes=1000)) == "archive_damaged"
    assert files_below(tmp_path / "out") == []


def test_damaged_archives_leave_nothing(tmp_path: Path):
    (tmp_path / "text.zip").write_text("no archive")
    assert code_of(unpack, tmp_path / "text.zip", tmp_path / "out") == "archive_damaged"
    content = archive(tmp_path / "a.zip", {"good": b"1", "bad": np.random.default_rng(1).bytes(50_000)}).read_bytes()
    (tmp_path / "short.zip").write_bytes(content[:-100])
    assert code_of(unpack, tmp_path / "short.zip", tmp_path / "out") == "archive_damaged"
    (tmp_path / "flipped.zip").write_bytes(content[:20_000] + bytes(500) + content[20_500:])
    assert code_of(unpack, tmp_path / "flipped.zip", tmp_path / "out") == "archive_damaged"
    assert files_below(tmp_path / "out") == []


def test_overlapping_members_are_refused(tmp_path: Path):
    """The kind of bomb whose entries all point at the same packed bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("a", np.random.default_rng(1).bytes(100_000))
        target.filelist.extend(_renamed(target.filelist[0], f"copy{n}") for n in range(20))
    (tmp_path / "a.zip").write_bytes(packed.getvalue())
    assert code_of(unpack, tmp_path / "a.zip", tmp_path / "out") == "archive_unsafe"
    assert files_below(tmp_path / "out") == []


def _renamed(member: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    other = copy.copy(member)
    other.filename = name
    return other
