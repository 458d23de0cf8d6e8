"""`make_lines.py FOLDER COUNT WEST SOUTH EAST NORTH`: lines of five points in three formats, the GPKG unsorted."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from extracts.outline import read_outline
from extracts.vector import VectorFormat, cut_layer, cut_vector, layer_of_rows

folder, count = Path(sys.argv[1]), int(sys.argv[2])
west, south, east, north = map(float, sys.argv[3:7])
random = np.random.default_rng(11)
schema = pa.schema([("source", pa.string()), ("number", pa.int64())])
whole = read_outline(shapely.to_geojson(shapely.box(west - 1, south - 1, east + 1, north + 1)).encode())


def rows():
    done = 0
    while done < count:
        some = min(50_000, count - done)
        starts = random.random((some, 1, 2)) * (east - west, north - south) + (west, south)
        lines = shapely.linestrings(starts + np.cumsum(random.normal(0, 0.01, (some, 5, 2)), axis=1))
        for number, wkb in enumerate(shapely.to_wkb(lines)):
            yield wkb, {"source": "gridfinder" if number % 5 else "openstreetmap", "number": done + number}
        done += some


layer = layer_of_rows(rows(), schema, "lines", "LineString")
cut_layer(layer, whole, folder / "lines.gpkg", VectorFormat("GPKG", cut_column=None))
cut_vector(folder / "lines.gpkg", whole, folder / "lines.fgb", VectorFormat("FlatGeobuf", cut_column=None))
cut_vector(folder / "lines.fgb", whole, folder / "lines.parquet", VectorFormat("GeoParquet", cut_column=None))
