import numpy as np
from shapely import Polygon
from shapely.geometry import shape

from geoml.features import Building, building_features
from geoml.georef import WGS84
from geoml.grid import Grid

DEGREES = Grid(WGS84, 0, 0, 1)


def test_rounding_leaves_valid_polygons():
    """A neck narrower than the written digits closes; a bow tie keeps its larger half."""
    ring = [(0, 0), (10, 0), (10, 4), (5, 5), (10, 5.00001), (10, 10), (0, 10), (0, 5)]
    neck = Polygon([(x * 1e-7, y * 1e-7) for x, y in ring])
    bow = Polygon([(0, 0), (2e-6, 2e-6), (2e-6, 0), (0, 1e-6)])
    random = np.random.default_rng(3)
    noisy = [Polygon(np.cumsum(random.normal(0, 2e-8, (12, 2)), 0)) for _ in range(50)]
    outlines = [neck, bow, *noisy]
    features = building_features(DEGREES, [Building(outline, 0.5) for outline in outlines], "x")
    assert len(features) == len(outlines)
    assert all(shape(feature["geometry"]).is_valid for feature in features)
