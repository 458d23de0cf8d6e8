"""Between pixels of a georeferenced image and the map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from affine import Affine
    from pyproj import Transformer

WGS84 = "EPSG:4326"
Move = Callable[[Any], Any]


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> "Transformer":
    from pyproj import CRS, Transformer

    return Transformer.from_crs(CRS.from_user_input(source), CRS.from_user_input(target), always_xy=True)


@dataclass(frozen=True)
class GeoreferencedImage:
    """`transform` maps (column, row) to x and y of `crs`."""

    image_id: int
    width: int
    height: int
    crs: str
    transform: Sequence[float]

    def to_map(self, shape: BaseGeometry) -> BaseGeometry:
        """Returns a shape in pixels as one in EPSG:4326."""
        from affine import Affine

        return shapely.transform(shape, lambda points: self._projected(self._affine(points, Affine(*self.transform))))

    def to_pixels(self, shape: BaseGeometry) -> BaseGeometry:
        """Returns a shape in EPSG:4326 as one in pixels."""
        from affine import Affine

        back = ~Affine(*self.transform)
        return shapely.transform(shape, lambda points: self._affine(self._unprojected(points), back))

    @property
    def footprint(self) -> BaseGeometry:
        """The image in EPSG:4326."""
        return self.to_map(shapely.box(0, 0, self.width, self.height))

    @staticmethod
    def _affine(points: Any, affine: "Affine") -> Any:
        a, b, c, d, e, f = affine[:6]
        x, y = points[:, 0], points[:, 1]
        return np.column_stack([a * x + b * y + c, d * x + e * y + f])

    def _projected(self, points: Any) -> Any:
        return np.column_stack(_transformer(self.crs, WGS84).transform(points[:, 0], points[:, 1]))

    def _unprojected(self, points: Any) -> Any:
        return np.column_stack(_transformer(WGS84, self.crs).transform(points[:, 0], points[:, 1]))
