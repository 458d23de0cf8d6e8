"""pyogrio and shapely: opens each address with GDAL, as QGIS does."""

import json
import sys
import warnings

import pyogrio.raw
import shapely

warnings.simplefilter("error")  # a warning of GDAL is a finding, too


def opened(address: str) -> dict:
    info = pyogrio.read_info(address)
    _, _, shapes, fields = pyogrio.raw.read(address)
    geometries = shapely.from_wkb(shapes)
    rings = shapely.get_exterior_ring(shapely.get_parts(geometries))
    return {
        "driver": info["driver"],
        "crs": info["crs"],
        "features": int(info["features"]),
        "columns": {name: str(kind) for name, kind in zip(info["fields"], info["dtypes"], strict=True)},
        "kinds": sorted(set(shapely.get_type_id(geometries).tolist())),
        "invalid": int((~shapely.is_valid(geometries)).sum()),
        "clockwise": int((~shapely.is_ccw(rings)).sum()),
        "bounds": shapely.total_bounds(geometries).tolist(),
        "wkt": shapely.to_wkt(shapely.normalize(geometries), rounding_precision=9).tolist(),
        "values": {
            name: [None if one != one else one for one in column.tolist()]
            for name, column in zip(info["fields"], fields, strict=True)
        },
    }


asked = json.load(sys.stdin)
print(json.dumps({name: opened(address) for name, address in asked["addresses"].items()}, default=str))
