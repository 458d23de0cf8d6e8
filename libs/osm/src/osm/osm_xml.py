"""Writes features as OSM XML 0.6, which editors open: new objects have negative ids."""

import re
from collections.abc import Iterable, Sequence
from itertools import count, groupby
from xml.etree.ElementTree import Comment, Element, SubElement, tostring

import shapely

from contracts.shared import Outcome, Remark

DIGITS = 7
"""Decimals of a position, as OpenStreetMap keeps them."""
MAX_WAY = 2000
"""Nodes of one way, as OpenStreetMap allows."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TOO_SMALL = f"Nothing is left of it at {DIGITS} decimals of a degree, as OpenStreetMap keeps positions."
PART_TOO_SMALL = f"A part or a hole of it is too small for {DIGITS} decimals of a degree, and was left out."
Tags = dict[str, str]
Position = tuple[float, float]
"""Longitude and latitude (EPSG:4326), rounded to DIGITS."""


def osm_xml(features: Iterable[tuple[shapely.Geometry, Tags]], altered: Sequence[Remark] = ()) -> tuple[str, Outcome]:
    """Returns the document and the outcome for geometries in EPSG:4326 with their tags.

    Points become nodes, lines and rings ways, polygons with holes and multipolygons relations. A tagged point is a
    node of its own; ways share the nodes of common vertices. Geometries without length or surface after rounding are
    left out. `altered` is added to the outcome, which is also the first comment of the document.
    """
    document = _Document(altered=[*altered])
    for number, (geometry, tags) in enumerate(features, 1):
        document.add(geometry, tags, f"feature {number}")
    return document.text(), document.outcome


class _Document:
    def __init__(self, altered: list[Remark]) -> None:
        self._ids = (-number for number in count(1))
        self._points: list[Element] = []
        self._vertices: dict[Position, Element] = {}
        self._ways: list[Element] = []
        self._relations: list[Element] = []
        self._done, self._left_out, self._altered = 0, list[Remark](), altered

    @property
    def outcome(self) -> Outcome:
        return Outcome.of(self._done, self._left_out, self._altered)

    def add(self, geometry: shapely.Geometry, tags: Tags, name: str) -> None:
        """Adds each part as its own object, but all polygons of a feature as one."""
        lost = [self._lost(part, tags) for part in _objects(geometry)]
        if all(fraction == 1 for fraction in lost):
            self._left_out.append((TOO_SMALL, name))
            return
        self._done += 1
        if any(lost):
            self._altered.append((PART_TOO_SMALL, name))

    def _lost(self, geometry: shapely.Geometry, tags: Tags) -> float:
        """Adds the geometry; returns the fraction of its lines or rings that rounding removed."""
        if isinstance(geometry, shapely.Point):
            self._point(_rounded((geometry.x, geometry.y)), tags)
            return 0
        if isinstance(geometry, shapely.LineString):
            return 0 if self._line(geometry, tags) else 1
        polygons = [one for one in shapely.get_parts(geometry).tolist() if isinstance(one, shapely.Polygon)]
        rings = [(role, ring) for polygon in polygons for role, ring in _rings(polygon)]
        outers = [ring for role, ring in rings if role == "outer"]
        if len(rings) == len(outers) == 1 and len(outers[0]) <= MAX_WAY:
            self._way(outers[0], tags)
        elif outers:
            self._multipolygon(rings, tags)
        return 1 - len(rings) / sum(1 + len(polygon.interiors) for polygon in polygons)

    def _point(self, position: Position, tags: Tags) -> None:
        node = Element("node", {**self._new(), **_at(position)})
        _tag(node, tags)
        self._points.append(node)

    def _vertex(self, position: Position) -> str:
        if position not in self._vertices:
            self._vertices[position] = Element("node", {**self._new(), **_at(position)})
        return self._vertices[position].attrib["id"]

    def _line(self, line: shapely.LineString, tags: Tags) -> list[Element]:
        positions = _distinct(line)
        return self._ways_of(positions, tags) if len(positions) > 1 else []

    def _ways_of(self, positions: Sequence[Position], tags: Tags) -> list[Element]:
        """One way, or several that share an end where there are too many nodes for one."""
        starts = range(0, len(positions) - 1, MAX_WAY - 1)
        return [self._way(positions[start : start + MAX_WAY], tags) for start in starts]

    def _way(self, positions: Sequence[Position], tags: Tags) -> Element:
        way = Element("way", self._new())
        for position in positions:
            SubElement(way, "nd", {"ref": self._vertex(position)})
        _tag(way, tags)
        self._ways.append(way)
        return way

    def _multipolygon(self, rings: Sequence[tuple[str, Sequence[Position]]], tags: Tags) -> None:
        relation = Element("relation", self._new())
        for role, ring in rings:
            for way in self._ways_of(ring, {}):
                SubElement(relation, "member", {"type": "way", "ref": way.attrib["id"], "role": role})
        _tag(relation, {**tags, "type": "multipolygon"})
        self._relations.append(relation)

    def _new(self) -> dict[str, str]:
        return {"id": str(next(self._ids)), "visible": "true"}

    def text(self) -> str:
        root = Element("osm", {"version": "0.6", "generator": "fAIr"})
        root.append(Comment(f" {self.outcome.model_dump_json()} ".replace("--", "- -")))
        root.extend([*self._points, *self._vertices.values(), *self._ways, *self._relations])
        body = tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def _objects(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    if isinstance(geometry, shapely.MultiPolygon) or not hasattr(geometry, "geoms"):
        return [geometry]
    return [inner for part in shapely.get_parts(geometry).tolist() for inner in _objects(part)]


def _rounded(position: Sequence[float]) -> Position:
    """Adding 0.0 turns -0.0 into 0.0."""
    return round(position[0], DIGITS) + 0.0, round(position[1], DIGITS) + 0.0


def _at(position: Position) -> dict[str, str]:
    return {"lat": f"{position[1]:.{DIGITS}f}", "lon": f"{position[0]:.{DIGITS}f}"}


def _distinct(line: shapely.LineString) -> list[Position]:
    """The rounded positions without consecutive duplicates."""
    return [position for position, _ in groupby(map(_rounded, line.coords))]


def _rings(polygon: shapely.Polygon) -> list[tuple[str, list[Position]]]:
    """The rings that enclose a surface after rounding, with their roles; none if the outer one does not."""
    outer, *holes = [_distinct(ring) for ring in (polygon.exterior, *polygon.interiors)]
    if not _has_surface(outer):
        return []
    return [("outer", outer), *(("inner", hole) for hole in holes if _has_surface(hole))]


def _has_surface(ring: Sequence[Position]) -> bool:
    return len(ring) > 3 and shapely.make_valid(shapely.Polygon(ring)).area > 0


def _tag(element: Element, tags: Tags) -> None:
    for key, value in tags.items():
        SubElement(element, "tag", {"k": _NO_XML.sub("", key), "v": _NO_XML.sub("", value)})
