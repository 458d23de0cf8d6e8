"""Columns that every format can hold: names that differ by more than case, values that are numbers, texts or times."""

from dataclasses import dataclass, field

import orjson
import pyarrow as pa
import pyarrow.compute as pc

RESERVED = {"GPKG": ("fid", "geom"), "FlatGeobuf": ("geometry",), "GeoParquet": ("geometry", "bbox"), "CSV": ("wkt",)}
_PLAIN = (
    pa.types.is_boolean, pa.types.is_signed_integer, pa.types.is_float32, pa.types.is_float64, pa.types.is_string,
    pa.types.is_date32, pa.types.is_timestamp, pa.types.is_binary,
)  # fmt: skip
_WIDER = {
    pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.float16(): pa.float32(),
    pa.large_string(): pa.string(), pa.string_view(): pa.string(), pa.large_binary(): pa.binary(),
    pa.null(): pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class Columns:
    """`renamed`: old to new names. `as_json`: those whose values are lists, records or large numbers, now JSON text."""

    schema: pa.Schema
    renamed: dict[str, str] = field(default_factory=dict)
    as_json: tuple[str, ...] = ()

    @classmethod
    def of(cls, schema: pa.Schema, driver: str, extra: str | None) -> "Columns":
        """`extra`: a column of ours at the end."""
        taken = {name.lower() for name in RESERVED.get(driver, ())}
        names = [_free(name, taken) for name in [*schema.names, *([extra] if extra else [])]]
        kinds = [_kind(one.type) for one in schema]
        fields = [pa.field(new, kind or pa.string()) for new, kind in zip(names, [*kinds, pa.string()], strict=False)]
        renamed = {old: new for old, new in zip(schema.names, names, strict=False) if old != new}
        as_json = tuple(new for new, kind in zip(names, kinds, strict=False) if kind is None)
        return cls(pa.schema(fields), renamed, as_json)

    def table(self, attributes: pa.Table, extra: pa.Array | None) -> pa.Table:
        columns = [_converted(one, field.type) for one, field in zip(attributes.columns, self.schema, strict=False)]
        return pa.Table.from_arrays([*columns, *([] if extra is None else [extra])], schema=self.schema)


def _free(name: str, taken: set[str]) -> str:
    new, number = name, 1
    while new.lower() in taken:
        new, number = f"{name}_{number}", number + 1
    taken.add(new.lower())
    return new


def _kind(kind: pa.DataType) -> pa.DataType | None:
    """What it is written as; None for what becomes JSON text. What GDAL calls JSON is text, and not always JSON."""
    if pa.types.is_dictionary(kind):
        return _kind(kind.value_type)
    if isinstance(kind, pa.JsonType):
        return _kind(kind.storage_type)
    wider = _WIDER.get(kind, kind)
    return wider if any(is_one(wider) for is_one in _PLAIN) else None


def _converted(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if values.type == kind:
        return values
    if pa.types.is_string(kind) and _kind(values.type) is None:
        texts = [None if value is None else _json(value) for value in values.to_pylist()]
        return pa.chunked_array([pa.array(texts, pa.string())])
    return pc.cast(values, kind)


def _json(value: object) -> str:
    """Numbers that JSON's readers may round stay as they are written."""
    return orjson.dumps(value, default=str).decode() if not isinstance(value, int) else str(value)
