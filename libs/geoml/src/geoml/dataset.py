"""Chips and building labels of one training set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shapely import Geometry

from geoml.chips import Chip, list_chips
from geoml.fetch import local_file, local_folder
from geoml.grid import Layout, layouts
from geoml.labels import read_polygons
from geoml.predict import GROUND_RESOLUTION


@dataclass(frozen=True)
class Dataset:
    """`polygons` are building outlines in EPSG:4326."""

    chips: Sequence[Chip]
    polygons: Sequence[Geometry]

    @property
    def names(self) -> list[str]:
        return [chip.name for chip in self.chips]

    def sheets(self, names: Iterable[str]) -> list[Layout]:
        """The named chips, on the grid that all chips share; ValueError for a name that is not here."""
        wanted = set(names)
        if missing := wanted - set(self.names):
            raise ValueError(f"chips of the split are missing: {sorted(missing)[:5]}")
        sheets = layouts(self.chips, GROUND_RESOLUTION)
        return [sheet.only(wanted) for sheet in sheets if wanted & {p.chip.name for p in sheet.placed}]


def load_dataset(chips: str, labels: str) -> Dataset:
    """Both by local path or s3: URI; `labels` names a GeoJSON file or a folder of them."""
    is_file = labels.endswith((".geojson", ".json"))
    source = local_file(labels) if is_file else local_folder(labels)
    return Dataset(list_chips(local_folder(chips)), read_polygons(source))
