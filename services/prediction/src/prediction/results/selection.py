"""What of an output goes into the results. Whatever is left out or altered is counted with its reason."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from osm.overlap import MappedFeatures
from prediction.results.area import OUTSIDE, belonging
from prediction.results.shapes import HEIGHT, NOTHING, REPAIRED, flat, geometry_of, is_as_it_was, repaired, shape_of
from prediction.results.tally import Reasons, Tally
from prediction.results.values import portable

ON_THE_MAP = "OpenStreetMap has it already; it is in removed_osm.geojson."
Feature = dict[str, Any]
Numbered = Sequence[tuple[int, Feature]]


class Selection:
    """`area` in EPSG:4326; `known` is what OpenStreetMap has there, None where that does not matter."""

    def __init__(self, area: shapely.Geometry, known: MappedFeatures | None) -> None:
        self.area, self.known, self.tally = area, known, Tally()

    def split(self, batch: Numbered) -> tuple[list[Feature], list[Feature]]:
        """Features for the results, and those that are on the map already."""
        inside = self._within(self._sound(batch))
        new, old = self.known.split([feature for _, feature in inside]) if self.known else (_features(inside), [])
        known = set(map(id, old))
        self._leave_out(ON_THE_MAP, [number for number, feature in inside if id(feature) in known])
        self.tally.done += len(new)
        return new, old

    def _sound(self, batch: Numbered) -> list[tuple[int, Feature, Any]]:
        """With their shapes, all of which are valid."""
        before = np.array([shape_of(flat(feature["geometry"])) for _, feature in batch], dtype=object)
        after = repaired(before)
        there, same = ~shapely.is_empty(after), is_as_it_was(before, after)
        self._leave_out(NOTHING, [number for n, (number, _) in enumerate(batch) if not there[n]])
        return [
            (number, self._written(number, feature, before[n], after[n], bool(same[n])), after[n])
            for n, (number, feature) in enumerate(batch) if there[n]
        ]  # fmt: skip

    def _written(self, number: int, feature: Feature, before: Any, after: Any, same: bool) -> Feature:
        """The feature with the geometry and the properties that files get."""
        altered = _Notes(self.tally.altered, f"feature {number}")
        given = feature["geometry"]
        if flat(given) is not given:
            altered.add(HEIGHT)
        if not shapely.is_valid(before):
            altered.add(REPAIRED)
        geometry = flat(given) if same else geometry_of(after)
        return {**feature, "geometry": geometry, "properties": portable(feature["properties"] or {}, altered.add)}

    def _within(self, sound: list[tuple[int, Feature, Any]]) -> list[tuple[int, Feature]]:
        shapes: NDArray[Any] = np.array([shape for *_, shape in sound], dtype=object)
        inside = belonging(shapes, self.area) if sound else []
        self._leave_out(
            OUTSIDE, [number for (number, *_), is_inside in zip(sound, inside, strict=True) if not is_inside]
        )
        return [(number, feature) for (number, feature, _), keep in zip(sound, inside, strict=True) if keep]

    def _leave_out(self, reason: str, numbers: Sequence[int]) -> None:
        for number in numbers:
            self.tally.left_out.add(reason, f"feature {number}")


class _Notes:
    """Each reason once for a feature."""

    def __init__(self, reasons: Reasons, example: str) -> None:
        self.reasons, self.example, self.known = reasons, example, set[str]()

    def add(self, reason: str) -> None:
        if reason not in self.known:
            self.known.add(reason)
            self.reasons.add(reason, self.example)


def _features(numbered: Sequence[tuple[int, Feature]]) -> list[Feature]:
    return [feature for _, feature in numbered]
