"""Files as packages have them, of any size and in any coordinate system, and a browser that finds them in a package."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import shapely
from playwright.async_api import Page, Route
from pyogrio import raw
from rasterio.transform import from_origin
from rasterio.warp import transform

Place = tuple[float, float]
"""Longitude and latitude, or coordinates of the file."""


def raster(
    path: Path, crs: str, corner: Place, pixel: float, side: int, value: float | None = None, **options: Any
) -> Path:
    """Waves, or one `value`; `corner` is the north-western one."""
    waves = 40 + 20 * np.sin(np.linspace(0, 12, side, dtype="float32"))
    noise = np.random.default_rng(7).uniform(0, 20, side).astype("float32")
    band = waves[:, None] + noise + waves / 2
    if value is not None:
        band = np.full_like(band, value)
    shape: dict[str, Any] = {"width": side, "height": side, "count": 1, "dtype": "float32", "nodata": -1}
    with rasterio.open(
        path, "w", driver="GTiff", crs=crs, transform=from_origin(*corner, pixel, pixel), **shape, **options
    ) as target:
        target.write(band, 1)
    return path


def cog(path: Path, source: Path) -> Path:
    """As the packages write it."""
    rasterio.shutil.copy(source, path, driver="COG", compress="ZSTD", predictor=3, blocksize=512)
    return path


def geopackage(path: Path, crs: str, corner: Place, side: float, squares: int = 9) -> Path:
    """Squares in a row to the east of a corner, each of a side and as far from the next."""
    lefts = [corner[0] + 2 * side * number for number in range(squares)]
    shapes = [shapely.box(left, corner[1], left + side, corner[1] + side) for left in lefts]
    raw.write(path, shapely.to_wkb(np.array(shapes)), [], [], geometry_type="Polygon", crs=crs, driver="GPKG")
    return path


def in_degrees(crs: str, place: Place) -> Place:
    lons, lats = transform(crs, "EPSG:4326", [place[0]], [place[1]])[:2]
    return lons[0], lats[0]


@dataclass
class Files:
    """Takes the place of what lies in every package; `read` counts the bytes that the browser got of each."""

    page: Page
    paths: Sequence[Path]
    read: dict[str, int] = field(default_factory=dict)

    async def serve(self) -> None:
        await self.page.route("**/api/v1/packages/*", self._list)
        await self.page.route("**/made/*", self._answer)

    async def _list(self, route: Route) -> None:
        answer = await route.fetch()
        found = await answer.json()
        files = [{"name": one.stem, "path": f"/made/{one.name}", "bytes": one.stat().st_size} for one in self.paths]
        found["datapackage"]["resources"] = files
        await route.fulfill(response=answer, json=found)

    async def _answer(self, route: Route) -> None:
        """By ranges, as the gateway and every object store answer."""
        [path] = [path for path in self.paths if route.request.url.endswith(f"/{path.name}")]
        content, wanted = path.read_bytes(), route.request.headers.get("range")
        first, last = (wanted or "bytes=0-").removeprefix("bytes=").split("-")
        part = content[int(first) : int(last) + 1 if last else None]
        self.read[path.name] = self.read.get(path.name, 0) + len(part)
        ranged = {"content-range": f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"} if wanted else {}
        await route.fulfill(status=206 if wanted else 200, body=part, headers={"accept-ranges": "bytes"} | ranged)
