"""A package of an area that was given as numbers, from the form to the ZIP, and what of it the map shows."""

import re
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest
import rasterio
from playwright.async_api import Page, expect

from tests.console.conftest import Site
from tests.console.made_files import Files, Place, cog, geopackage, in_degrees, raster
from tests.console.page import Visitor
from tests.e2e.package_sources import SAMPLE, STORM

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(600)]
HOSTILE = "Ward <script>alert(1)</script>"
LONG = 120_000


async def test_package_of_an_own_area(mapper: Visitor, tmp_path: Path):
    page = await mapper.go("packages")
    await page.get_by_label("Or as numbers").fill("34.90, -3.41, 34.91, -3.40")
    await page.keyboard.press("Enter")
    await page.get_by_text("The area is chosen").wait_for()
    await page.get_by_label("Title of the package").fill(HOSTILE)
    await page.locator("input[value='test_processor.version_1']").check()
    assert await mapper.serious_findings() == []
    await page.get_by_role("button", name="Make the package").press("Enter")
    await page.get_by_role("heading", name=HOSTILE).wait_for()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download as ZIP").click(timeout=LONG)
    saved = tmp_path / "package.zip"
    await (await download.value).save_as(saved)
    assert any("test_processor" in name for name in ZipFile(saved).namelist())
    await mapper.picture("package")


async def make(visitor: Visitor, box: str, processor: str, raster: str = "GTiff", vector: str = "PMTiles") -> Page:
    page = await visitor.go("packages")
    await page.get_by_label("Or as numbers").fill(box)
    await page.keyboard.press("Enter")
    await page.locator(f"input[value='{processor}']").check()
    await page.get_by_label("Rasters as").select_option(raster)
    await page.get_by_label("Vectors as").select_option(vector)
    await page.get_by_role("button", name="Make the package").press("Enter")
    await page.get_by_role("heading", name="Files").wait_for(timeout=LONG)
    return page


async def look_at(page: Page, ending: str) -> None:
    await page.get_by_role("button", name=re.compile(rf"Show on the map: .*\.{ending}")).first.press("Enter")
    await page.get_by_text("The map shows").wait_for()


@pytest.mark.parametrize("written", ["GTiff", "COG"])
async def test_raster_is_looked_at(mapper: Visitor, written: str):
    page = await make(mapper, "22, -18, 33, -8", STORM, raster=written)
    await look_at(page, "tif")
    await page.get_by_text(re.compile(r"Violet is \d.*, yellow \d")).wait_for()
    assert await mapper.serious_findings() == []
    await mapper.picture(f"package-raster-{written}")


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the shared sample of sources lies not beside the repository")
@pytest.mark.parametrize("written", ["PMTiles", "GPKG"])
async def test_vectors_are_looked_at(mapper: Visitor, written: str):
    page = await make(mapper, "-16.8, 13.1, -13.8, 13.8", "gridfinder.version_1", vector=written)
    await look_at(page, written.lower())
    await mapper.picture(f"package-vectors-{written}")


@pytest.fixture(scope="module")
def job(site: Site) -> str:
    """Of a package, whose files tests replace."""
    area = {"type": "Polygon", "coordinates": [[[34.9, -3.41], [34.91, -3.41], [34.91, -3.4], [34.9, -3.41]]]}
    with site.client() as fairway:
        made = fairway.package_jobs.submit(area, ["test_processor.version_1"])
        *_, last = fairway.package_jobs.follow(made, LONG / 1000)
    return str(last.job_id)


UTM, MOLLWEIDE, BRITAIN = "EPSG:32736", "ESRI:54009", "EPSG:27700"
SMALL: dict[str, tuple[str, Place, float]] = {
    "degrees": ("EPSG:4326", (34.0, -3.0), 0.001), "web": ("EPSG:3857", (3.8e6, -3e5), 100.0),
    "utm": (UTM, (4e5, 9.7e6), 100.0), "mollweide": (MOLLWEIDE, (3.4e6, -4e5), 1000.0),
}  # fmt: skip
"""Coordinate system, north-western corner, and pixel of rasters of 200 pixels."""


async def shown(visitor: Visitor, job: str, *paths: Path) -> Files:
    """The page of the job, with these files in its package."""
    files = Files(visitor.page, paths)
    await files.serve()
    page = await visitor.go(f"packages/{job}")
    await page.locator(".map[data-phase=ready]").wait_for()
    await page.get_by_role("heading", name="Files").wait_for()
    return files


@pytest.mark.parametrize("name", SMALL)
async def test_raster_of_any_system_lies_where_it_is(mapper: Visitor, job: str, tmp_path: Path, name: str):
    crs, corner, pixel = SMALL[name]
    files = await shown(mapper, job, raster(tmp_path / f"{name}.tif", crs, corner, pixel, 200, compress="packbits"))
    await look_at(files.page, "tif")
    middle = in_degrees(crs, (corner[0] + 100 * pixel, corner[1] - 100 * pixel))
    await mapper.is_at(middle, within=0.05)
    await mapper.picture(f"package-raster-{name}")


async def test_raster_whose_pixels_are_points_lies_where_it_is(mapper: Visitor, job: str, tmp_path: Path):
    """As elevation models are: the file names the middle of the first pixel, not its corner."""
    crs, corner, _ = SMALL["degrees"]
    path = raster(tmp_path / "points.tif", crs, corner, 0.2, 4)
    with rasterio.open(path, "r+") as points:
        points.update_tags(AREA_OR_POINT="Point")
    with rasterio.open(path) as points:
        assert (points.tags()["AREA_OR_POINT"], points.bounds.left) == ("Point", corner[0])
    files = await shown(mapper, job, path)
    await look_at(files.page, "tif")
    await mapper.is_at((corner[0] + 0.4, corner[1] - 0.4), within=0.05)


async def test_large_cog_is_read_by_its_overviews(mapper: Visitor, job: str, tmp_path: Path):
    """In a system of its own, and compressed with Zstandard."""
    crs, corner, pixel = SMALL["utm"]
    large = cog(tmp_path / "large.tif", raster(tmp_path / "source.tif", crs, corner, pixel / 10, 6000))
    files = await shown(mapper, job, large)
    await look_at(files.page, "tif")
    assert 0 < files.read["large.tif"] < large.stat().st_size / 10
    await mapper.picture("package-cog")


async def test_features_of_any_system_lie_where_they_are(mapper: Visitor, job: str, tmp_path: Path):
    files = await shown(mapper, job, geopackage(tmp_path / "squares.gpkg", UTM, (4e5, 9.7e6), 100))
    await look_at(files.page, "gpkg")
    middle = in_degrees(UTM, (4e5 + 8.5 * 100, 9.7e6 + 50))
    await mapper.is_at(middle)
    assert await mapper.serious_findings() == []
    await mapper.picture("package-geopackage")


def plain(folder: Path) -> Path:
    """A large raster without overviews."""
    return raster(folder / "plain.tif", "EPSG:4326", (30, 0), 1e-4, 4200, compress="deflate")


def heavy(folder: Path) -> Path:
    path = folder / "heavy.gpkg"
    path.write_bytes(bytes(21_000_000))
    return path


def empty(folder: Path) -> Path:
    return raster(folder / "empty.tif", "EPSG:4326", (30, 0), 1e-4, 200, value=-1)


def broken(folder: Path) -> Path:
    path = folder / "broken.tif"
    path.write_bytes(b"test\n")
    return path


def british(folder: Path) -> Path:
    return raster(folder / "british.tif", BRITAIN, (4e5, 4e5), 100, 200)


@pytest.mark.parametrize(
    ("make_file", "reason"),
    [
        (plain, "18 million pixels and no overviews"),
        (heavy, "21.0 MB, more than the 20.0 MB"),
        (british, BRITAIN),
        (broken, "cannot be read"),
        (empty, "all of it is empty"),
    ],
)
async def test_what_cannot_be_shown_is_said(
    mapper: Visitor, job: str, tmp_path: Path, make_file: Callable[[Path], Path], reason: str
):
    files = await shown(mapper, job, make_file(tmp_path))
    await files.page.get_by_role("button", name="Show on the map").first.press("Enter")
    alert = files.page.get_by_role("alert")
    await expect(alert).to_contain_text(reason)
    await expect(alert).to_contain_text("open it in a program such as QGIS")
    await mapper.picture(f"package-refused-{make_file.__name__}")
