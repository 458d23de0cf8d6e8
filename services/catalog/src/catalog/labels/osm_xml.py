"""GeoJSON as OSM XML 0.6, as editors open it: new objects have negative ids, a position is one node."""

import re
from collections.abc import Iterable, Sequence
from itertools import count
from xml.etree.ElementTree import Element, SubElement, tostring

import shapely

DIGITS = 7
"""Decimals of a position, as OpenStreetMap keeps them."""
MAX_WAY = 2000
"""Nodes of one way, as OpenStreetMap allows."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Tags = dict[str, str]


def osm_xml(features: Iterable[tuple[shapely.Geometry, Tags]]) -> str:
    """Points become nodes, lines and rings ways, polygons with holes and several polygons multipolygon relations."""
    document = _Document()
    for geometry, tags in features:
        document.add(geometry, tags)
    return document.text()


class _Document:
    def __init__(self) -> None:
        self._ids = (-number for number in count(1))
        self._nodes: dict[tuple[float, float], Element] = {}
        self._ways: list[Element] = []
        self._relations: list[Element] = []

    def add(self, geometry: shapely.Geometry, tags: Tags) -> None:
        if isinstance(geometry, shapely.Point):
            _tag(self._node((geometry.x, geometry.y)), tags)
        elif isinstance(geometry, shapely.LineString):
            self._line(geometry, tags)
        elif isinstance(geometry, shapely.Polygon) and _is_plain(geometry):
            self._line(geometry.exterior, tags)
        elif isinstance(geometry, shapely.Polygon | shapely.MultiPolygon):
            self._multipolygon(shapely.get_parts(geometry).tolist(), tags)
        else:
            for part in shapely.get_parts(geometry):
                self.add(part, tags)

    def _node(self, place: tuple[float, float]) -> Element:
        rounded = (round(place[0], DIGITS), round(place[1], DIGITS))
        if rounded not in self._nodes:
            at = {"lat": f"{rounded[1]:.{DIGITS}f}", "lon": f"{rounded[0]:.{DIGITS}f}"}
            self._nodes[rounded] = Element("node", {**self._new(), **at})
        return self._nodes[rounded]

    def _line(self, line: shapely.LineString, tags: Tags) -> list[Element]:
        """One way, or several that share an end where there are too many nodes for one."""
        nodes = [self._node((x, y)).attrib["id"] for x, y in line.coords]
        starts = range(0, max(1, len(nodes) - 1), MAX_WAY - 1)
        return [self._way(nodes[start : start + MAX_WAY], tags) for start in starts]

    def _way(self, nodes: Sequence[str], tags: Tags) -> Element:
        way = Element("way", self._new())
        for node in nodes:
            SubElement(way, "nd", {"ref": node})
        _tag(way, tags)
        self._ways.append(way)
        return way

    def _multipolygon(self, polygons: Sequence[shapely.Polygon], tags: Tags) -> None:
        relation = Element("relation", self._new())
        for polygon in polygons:
            for role, ring in (("outer", polygon.exterior), *(("inner", hole) for hole in polygon.interiors)):
                for way in self._line(ring, {}):
                    SubElement(relation, "member", {"type": "way", "ref": way.attrib["id"], "role": role})
        _tag(relation, {**tags, "type": "multipolygon"})
        self._relations.append(relation)

    def _new(self) -> dict[str, str]:
        return {"id": str(next(self._ids)), "visible": "true"}

    def text(self) -> str:
        root = Element("osm", {"version": "0.6", "generator": "fAIr"})
        root.extend([*self._nodes.values(), *self._ways, *self._relations])
        body = tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'


def _is_plain(polygon: shapely.Polygon) -> bool:
    return not polygon.interiors and len(polygon.exterior.coords) <= MAX_WAY


def _tag(element: Element, tags: Tags) -> None:
    for key, value in tags.items():
        SubElement(element, "tag", {"k": _NO_XML.sub("", key), "v": _NO_XML.sub("", value)})
