"""Properties as columns of a table: one type for each, and names that a FlatGeobuf can hold.

GDAL would guess types from texts (dates), melt names that differ in case only, and write Python's text for lists. So
types and names are decided here, from all values, and stand in the file's metadata under `columns`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

EXACT = 2**53
"""Whole numbers up to here are exact as floating-point numbers, which readers make of columns with gaps."""
LOWEST = 1 - 10**18
"""Of the whole numbers that GDAL reads as such: it takes longer texts, sign included, for floating-point numbers."""
RESERVED = frozenset({"fid", "ogc_fid", "geom", "geometry", "wkb_geometry", "_ogr_geometry_", "ogr_geometry"})
MAX_NAME_LENGTH = 100
_OGR = {
    "boolean": {"type": "Integer", "subType": "Boolean"}, "integer": {"type": "Integer64"},
    "number": {"type": "Real"}, "string": {"type": "String"}, "json": {"type": "String"},
}  # fmt: skip


@dataclass
class Column:
    """What is known of the values of one property."""

    kinds: set[type] = field(default_factory=set)
    count: int = 0
    largest: int = 0
    lowest: int = 0
    is_plain: bool = True
    """no text has a character that ends a text in C"""

    def see(self, value: Any) -> None:
        if value is None:
            return
        self.kinds.add(type(value))
        self.count += 1
        if isinstance(value, str):
            self.is_plain = self.is_plain and "\0" not in value
        elif type(value) is int:
            self.largest, self.lowest = max(self.largest, abs(value)), min(self.lowest, value)

    def kind(self, features: int) -> str:
        """`boolean`, `integer`, `number`, `string`, or `json` for what only a text can hold without loss."""
        if self.kinds <= {str}:
            return "string" if self.is_plain else "json"
        if self.kinds == {bool}:
            return "boolean"
        if self.kinds == {int} and (self.largest <= EXACT or (self.count == features and self.lowest >= LOWEST)):
            return "integer"
        return "number" if self.kinds <= {int, float} and self.largest <= EXACT and float in self.kinds else "json"


class Columns:
    """Of all features of a file."""

    def __init__(self) -> None:
        self.found: dict[str, Column] = {}
        self.features = 0

    def see(self, properties: Mapping[str, Any]) -> None:
        self.features += 1
        for name, value in properties.items():
            self.found.setdefault(name, Column()).see(value)

    def table(self) -> "Table":
        names = _safe(list(self.found))
        return Table({name: (names[name], column.kind(self.features)) for name, column in self.found.items()})


@dataclass(frozen=True)
class Table:
    """Name of a property → name and kind of its column."""

    columns: dict[str, tuple[str, str]]

    def renamed(self) -> dict[str, str]:
        return {name: column for name, (column, _) in self.columns.items() if name != column}

    def row(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """With every column: GDAL knows those only that it meets."""
        return {column: _cell(kind, properties.get(name)) for name, (column, kind) in self.columns.items()}

    def schema(self, layer: str) -> str:
        """For GDAL's OGR_SCHEMA."""
        fields = [{"name": column, **_OGR[kind]} for column, kind in self.columns.values()]
        return orjson.dumps({"layers": [{"name": layer, "schemaType": "Full", "fields": fields}]}).decode()

    def metadata(self) -> str:
        """`[{"column", "name", "type"}, …]` as JSON."""
        return orjson.dumps(
            [{"column": column, "name": name, "type": kind} for name, (column, kind) in self.columns.items()]
        ).decode()


def _cell(kind: str, value: Any) -> Any:
    return orjson.dumps(value).decode() if kind == "json" and value is not None else value


def _safe(names: list[str]) -> dict[str, str]:
    """Unique whatever the case; the first of several names keeps its own."""
    taken, safe = set[str](), dict[str, str]()
    for name in names:
        plain = name if _is_usable(name) else "column"
        safe[name] = next(it for it in _numbered(plain) if it.casefold() not in taken | RESERVED)
        taken.add(safe[name].casefold())
    return safe


def _is_usable(name: str) -> bool:
    return bool(name.strip()) and len(name) <= MAX_NAME_LENGTH and name.isprintable()


def _numbered(name: str):
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
