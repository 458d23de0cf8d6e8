"""Chips and building labels of one training dataset."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from shapely.geometry.base import BaseGeometry

from geoml.chips import Chip, chip_paths, open_chip
from geoml.fetch import local_file, local_folder
from geoml.grid import ChipLayout, chip_layouts
from geoml.labels import read_polygons, read_splits
from geoml.predict import GROUND_RESOLUTION

MAX_EXAMPLES: Final = 5


@dataclass(frozen=True)
class Dataset:
    """`polygons` are building outlines in EPSG:4326; `left_out` lists (reason, name) of the unusable chips; `splits`
    are the sides of chips by name that the dataset itself stores."""

    chips: Sequence[Chip]
    polygons: Sequence[BaseGeometry]
    left_out: Sequence[tuple[str, str]] = ()
    splits: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def names(self) -> list[str]:
        return [chip.name for chip in self.chips]

    def outcome(self) -> dict[str, Any]:
        """Returns `{wanted, done, left_out: [{reason, count, examples}], altered}`, which is shown with the run."""
        names: dict[str, list[str]] = {}
        for reason, name in self.left_out:
            names.setdefault(reason, []).append(name)
        left_out = [
            {"reason": reason, "count": len(found), "examples": found[:MAX_EXAMPLES]} for reason, found in names.items()
        ]
        done = len(self.chips)
        return {"wanted": done + len(self.left_out), "done": done, "left_out": left_out, "altered": []}

    def layouts(self, names: Iterable[str]) -> list[ChipLayout]:
        """Returns the named chips on the grids that all chips share. Raises ValueError for an unknown name."""
        wanted = set(names)
        if missing := wanted - set(self.names):
            raise ValueError(f"chips of the split are missing: {sorted(missing)[:5]}")
        layouts = chip_layouts(self.chips, GROUND_RESOLUTION)
        return [layout.subset(wanted) for layout in layouts if wanted & {p.chip.name for p in layout.chips}]


def load_dataset(chips: str, labels: str) -> Dataset:
    """Reads chips (a folder) and labels (a GeoJSON or COCO file, or a folder of them), each by local path or s3: URI.

    Raises ValueError when no chip can be used, and the errors of `read_polygons`.
    """
    is_file = labels.endswith((".geojson", ".json"))
    source = local_file(labels) if is_file else local_folder(labels)
    readable, left_out = _usable(local_folder(chips))
    return Dataset(readable, read_polygons(source, readable), left_out, read_splits(source))


def _usable(folder: Path) -> tuple[list[Chip], list[tuple[str, str]]]:
    chips: list[Chip] = []
    left_out: list[tuple[str, str]] = []
    for path in chip_paths(folder):
        try:
            chips.append(open_chip(path))
        except ValueError as error:
            left_out.append((_sentence(str(error), path.name), path.name))
    if not chips:
        raise ValueError(f"None of the {len(left_out)} chips can be used. {left_out[0][0]}")
    return chips, left_out


def _sentence(message: str, name: str) -> str:
    """Without the chip's name, so that all chips with one problem share a reason."""
    return f"The chip cannot be used: {message.removeprefix(f'{name}: ')}."
