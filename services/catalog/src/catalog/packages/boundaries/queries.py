"""Reading boundaries."""

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Executable, collate, func, select

from catalog.packages.boundaries.tables import BoundaryRow
from contracts.catalog import boundaries as c
from kit.errors import Invalid, NotFound
from kit.messaging.tx import ReadTx, Tx

DECIMALS = 9
_SUMMARY = select(BoundaryRow.id, BoundaryRow.name, BoundaryRow.name_long).order_by(BoundaryRow.name_long)
_SHAPE = BoundaryRow.geometry


async def list_boundaries(query: c.ListBoundaries, read: ReadTx) -> list[c.BoundarySummary]:
    behind = _SUMMARY.where(BoundaryRow.name_long > _text(query.after)).limit(query.limit)
    return await _summaries(behind, read)


async def search_boundaries(query: c.SearchBoundaries, read: ReadTx) -> list[c.BoundarySummary]:
    """Raises Invalid without a name and a point."""
    if query.latitude is not None and query.longitude is not None:
        point = func.ST_SetSRID(func.ST_MakePoint(query.longitude, query.latitude), 4326)
        return await _summaries(_SUMMARY.where(func.ST_Intersects(_SHAPE, point)), read)
    if not query.name:
        raise Invalid("nothing_to_search", "A search needs a name, or both latitude and longitude.")
    if "\0" in query.name:
        return []
    in_lower_case = func.lower(collate(BoundaryRow.name_long, "default"))
    return await _summaries(_SUMMARY.where(func.strpos(in_lower_case, func.lower(query.name)) > 0), read)


async def get_boundary(name: str, read: ReadTx) -> c.Boundary:
    """Raises NotFound."""
    box = [getattr(func, f"ST_{side}")(_SHAPE) for side in ("XMin", "YMin", "XMax", "YMax")]
    whole = select(BoundaryRow, func.ST_AsGeoJSON(_SHAPE, DECIMALS), *box).where(BoundaryRow.name == _text(name))
    found = (await read.session.execute(whole)).first()
    if found is None:
        raise not_found(name)
    row, shape, *corners = found
    return c.Boundary(
        id=row.id, name=row.name, name_long=row.name_long, admin_level=row.admin_level, geometry=orjson.loads(shape),
        envelope=envelope(*(round(value, DECIMALS) for value in corners)),
    )  # fmt: skip


async def stored_outline(name: str, tx: ReadTx | Tx) -> tuple[str, bytes] | None:
    """Returns long name and outline (MultiPolygon, EPSG:4326, as WKB) of a boundary; None for an unknown name."""
    wanted = select(BoundaryRow.name_long, func.ST_AsBinary(_SHAPE)).where(BoundaryRow.name == _text(name))
    found = (await tx.session.execute(wanted)).first()
    return (found[0], bytes(found[1])) if found else None


async def boxes_of(names: Sequence[str], read: ReadTx) -> dict[str, tuple[str, tuple[float, ...]]]:
    """Returns long name and west, south, east, north in degrees of those of the names that are boundaries."""
    box = [getattr(func, f"ST_{side}")(_SHAPE) for side in ("XMin", "YMin", "XMax", "YMax")]
    wanted = select(BoundaryRow.name, BoundaryRow.name_long, *box).where(BoundaryRow.name.in_(names))
    rows = (await read.session.execute(wanted)).all()
    return {name: (name_long, tuple(round(value, DECIMALS) for value in corners)) for name, name_long, *corners in rows}


def envelope(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Returns the box as a GeoJSON Polygon: SW, NW, NE, SE, SW."""
    ring = [[west, south], [west, north], [east, north], [east, south], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def not_found(name: str) -> NotFound:
    return NotFound("boundary_not_found", f"Requested boundary {name} could not be found")


async def _summaries(rows: Executable, read: ReadTx) -> list[c.BoundarySummary]:
    found = (await read.session.execute(rows)).all()
    return [c.BoundarySummary(id=row.id, name=row.name, name_long=row.name_long) for row in found]


def _text(value: str) -> str:
    """PostgreSQL has no NUL; a text with one is that of no boundary, and stays so without it."""
    return value.replace("\0", "\ufffd")
