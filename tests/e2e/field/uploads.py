"""Label files as people export and upload them, one for each kind of report; `column` is the plot that they lie on."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.e2e.field.places import (
    collection,
    feature,
    house,
    house_ring,
    polygon,
    ring,
    written,
)

MANY = 4200
LONG = ",".join(f'"addr:note{number}"=>"words of an address that go on and on, {number}"' for number in range(9))


@dataclass(frozen=True)
class Upload:
    """One kind of input and what is right: of its features, `done` are stored and `left_out` are told; where `built` is
    a number, the dataset has so many labels of the class `building` on this plot."""

    report: str
    about: str
    make: Callable[[int], bytes]
    done: int
    left_out: int = 0
    altered: int = 0
    built: int | None = None
    as_form: bool = False
    kinds: frozenset[str] = frozenset({"Polygon"})
    """Of the geometries that are stored."""

    def __str__(self) -> str:
        return f"{self.report} {self.about}"


def _columns(way: str | None, other: str | None, **tags: Any) -> dict[str, Any]:
    """What GDAL makes of an .osm file."""
    return {"osm_id": None, "osm_way_id": way, "name": None, "landuse": None, "other_tags": other, **tags}


def osm_export(column: int) -> bytes:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    shapes = [{"type": "MultiPolygon", "coordinates": [[house_ring(column, number)]]} for number in range(3)]
    relation = {**_columns(None, None, building="school"), "osm_id": "8803"}
    return written(
        feature(shapes[0], _columns("8801", '"roof:material"=>"tin"', building="yes")),
        feature(shapes[1], _columns("8802", LONG, building="house")),
        feature(shapes[2], relation), name="multipolygons", crs=crs,
    )  # fmt: skip


def float_ids(column: int) -> bytes:
    return written(*(house(column, number, osm_id=8100500.0 + number, building="hut") for number in range(2)))


def surveyed(column: int) -> bytes:
    rows = ({"fid": number + 1, "surveyor": "A. Ngugi", "wall_ht": 2.4} for number in range(4))
    return written(*(house(column, number, **row) for number, row in enumerate(rows)))


def empty_row_first(column: int) -> bytes:
    return written(feature(None, {"building": "yes"}), *(house(column, number, building="yes") for number in range(2)))


def empty_row_later(column: int) -> bytes:
    return written(house(column, 0, building="yes"), feature(None, {}), house(column, 1, building="yes"))


def without_properties(column: int) -> bytes:
    return written(*(feature(polygon(house_ring(column, number)), None) for number in range(2)))


def marked(column: int) -> bytes:
    """Notepad's byte order mark and line ends."""
    text = json.dumps(collection(house(column, building="yes"), house(column, 1, building="yes")), indent=1)
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


def crossing(column: int) -> bytes:
    (a, b, c, d, _) = house_ring(column, 7)
    bow_tie = polygon([a, b, d, c, a])
    return written(house(column, building="yes"), feature(bow_tie, {"building": "yes"}), spiked(column))


def spiked(column: int) -> dict[str, Any]:
    """A house with a line of no width that leaves it, as a slip of the hand draws it."""
    (a, b, c, d, _) = house_ring(column, 12)
    tip = [c[0] + (c[0] - a[0]), (b[1] + a[1]) / 2]
    middle = [c[0], tip[1]]
    return feature(polygon([a, b, c, middle, tip, middle, d, a]), {"building": "yes"})


def only_spiked(column: int) -> bytes:
    return written(spiked(column))


def closed_lines(column: int) -> bytes:
    lines = ({"type": "LineString", "coordinates": house_ring(column, number)} for number in range(3))
    return written(*(feature(line, {"building": "yes"}) for line in lines))


def one_number(column: int) -> bytes:
    """Overpass turbo: a way and a relation may have the same number."""
    return written(*(house(column, at, **{"@id": f"{kind}/5207", "building": "yes"})
                     for at, kind in enumerate(("way", "relation"))))  # fmt: skip


def not_buildings(column: int) -> bytes:
    tags = ({"building": "no"}, {"building": "No", "amenity": "parking"}, {"building": "yes"})
    return written(*(house(column, number, **each) for number, each in enumerate(tags)))


def swapped(column: int) -> bytes:
    rings = ([[y, x] for x, y in house_ring(column, number)] for number in range(2))
    return written(*(feature(polygon(one), {"building": "yes"}) for one in rings))


def tags_as_text(column: int) -> bytes:
    return written(*(house(column, number, tags=json.dumps({"building": "barn"})) for number in range(2)))


def many(column: int) -> bytes:
    """Over a megabyte of small houses."""
    step = 0.9 / 70
    places = ((column + 0.05 + step * (n % 70), 0.05 + step * (n // 70)) for n in range(MANY))
    rings = (ring(left, upper, left + step / 2, upper + step / 2) for left, upper in places)
    return written(*(feature(polygon(one), {"building": "yes", "source": "survey of 2026"}) for one in rings))


def tall_and_clockwise(column: int) -> bytes:
    tall = [[*place, 812.5] for place in house_ring(column, 0)]
    return written(
        feature(polygon(tall), {"building": "yes"}),
        feature(polygon(house_ring(column, 1)[::-1]), {"building": "yes"}),
    )


def courtyards(column: int) -> bytes:
    yard = polygon(ring(column + 0.1, 0.1, column + 0.4, 0.4), ring(column + 0.2, 0.2, column + 0.3, 0.3)[::-1])
    parts = {"type": "MultiPolygon", "coordinates": [[house_ring(column, 13)], [house_ring(column, 19)]]}
    return written(feature(yard, {"building": "yes"}), feature(parts, {"building": "yes"}))


BOTH = frozenset({"Polygon", "MultiPolygon"})
UPLOADS = [
    Upload("R01", "an export of an .osm file", osm_export, 3, built=3, kinds=BOTH),
    Upload("R01", "OSM ids as decimals", float_ids, 2, built=2),
    Upload("R02", "columns of a survey and no tag", surveyed, 4, built=4),
    Upload("R03", "a row without geometry comes first", empty_row_first, 2, left_out=1, built=2),
    Upload("R03", "a row without geometry comes later", empty_row_later, 2, left_out=1, built=2),
    Upload("R03", "rows without properties", without_properties, 2, built=2),
    Upload("R04", "a byte order mark, as the body", marked, 2, built=2),
    Upload("R04", "a byte order mark, as a form", marked, 2, built=2, as_form=True),
    Upload("R05", "outlines that cross themselves", crossing, 3, altered=2, built=3, kinds=BOTH),
    Upload("R06", "a spike of no width", only_spiked, 1, altered=1, built=1),
    Upload("R07", "closed lines of JOSM", closed_lines, 3, built=3, kinds=frozenset({"Polygon", "LineString"})),
    Upload("R09", "a way and a relation of one number", one_number, 2, built=2),
    Upload("R10", "what is tagged as no building", not_buildings, 2, left_out=1, built=1),
    Upload("R12", "tags as a text", tags_as_text, 2, built=2),
    Upload("R13", "more than a megabyte", many, MANY),
    Upload("R16", "heights, and clockwise rings", tall_and_clockwise, 2, built=2),
    Upload("R17", "a courtyard, and two parts", courtyards, 2, built=2, kinds=BOTH),
]
