"""Boundaries are written by administrators only: whole files at once, or one deletion."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import delete, insert, or_, select, text

from catalog.packages.boundaries.domain import ImportRefused
from catalog.packages.boundaries.queries import not_found
from catalog.packages.boundaries.reading import ReadBoundaries, read_boundaries
from catalog.packages.boundaries.tables import BoundaryRow
from catalog.shared.access import can_see_all
from catalog.shared.geometry import to_postgis
from contracts.catalog import boundaries as c
from contracts.shared import Actor
from kit.errors import Conflict, DomainError, Forbidden, Invalid, Unprocessable
from kit.messaging.tx import Tx

EVENT_NAMES = 1000
"""Names in one event."""
KINDS: dict[str, type[DomainError]] = {"invalid": Invalid, "conflict": Conflict, "unprocessable": Unprocessable}
_ALONE = text("lock table packages.boundaries in share row exclusive mode")
"""One import at a time; readers go on."""


async def import_boundaries(
    command: c.ImportBoundaries, actor: Actor
) -> Callable[[Tx], Awaitable[c.ImportedBoundaries]]:
    """Reads the file, which may take seconds, and returns what stores all of it or nothing. Raises Invalid, Conflict or
    Unprocessable, which name the offenders."""
    _require_admin(actor)
    columns = command.name_column, command.name_long_column
    try:
        found = await asyncio.to_thread(read_boundaries, command.collection, *columns)
    except ImportRefused as refused:
        raise _refusal(refused) from refused

    async def store(tx: Tx) -> c.ImportedBoundaries:
        await _store(found, command, tx)
        names = [boundary.name for boundary in found.boundaries]
        total = len(names) + found.skipped
        return c.ImportedBoundaries(loaded=len(names), skipped=found.skipped, total=total, names=names)

    return store


async def delete_boundary(command: c.DeleteBoundary, tx: Tx) -> None:
    """Packages that were made for it stay. Raises NotFound."""
    _require_admin(tx.actor)
    gone = delete(BoundaryRow).where(BoundaryRow.name == command.name).returning(BoundaryRow.id)
    if await tx.session.scalar(gone) is None:
        raise not_found(command.name)
    tx.emit(c.BoundariesChanged(deleted=[command.name]))


async def _store(found: ReadBoundaries, command: c.ImportBoundaries, tx: Tx) -> None:
    await tx.session.execute(_ALONE)
    if command.wipe:
        await tx.session.execute(delete(BoundaryRow))
    try:
        await _check_new(found, tx)
    except ImportRefused as refused:
        raise _refusal(refused) from refused
    rows = [
        {"name": new.name, "name_long": new.name_long, "admin_level": command.admin_level,
         "geometry": to_postgis(new.geometry)}
        for new in found.boundaries
    ]  # fmt: skip
    if rows:
        await tx.session.execute(insert(BoundaryRow), rows)
    _announce([row["name"] for row in rows], command.wipe, tx)


async def _check_new(found: ReadBoundaries, tx: Tx) -> None:
    names = [new.name for new in found.boundaries]
    long_names = [new.name_long for new in found.boundaries]
    same = or_(BoundaryRow.name.in_(names), BoundaryRow.name_long.in_(long_names))
    taken = (await tx.session.scalars(select(BoundaryRow.name).where(same))).all()
    if taken:
        raise ImportRefused("conflict", "name_taken", "There are boundaries with these names already", taken)


def _announce(added: list[str], wiped: bool, tx: Tx) -> None:
    for start in range(0, max(len(added), 1), EVENT_NAMES):
        part = added[start : start + EVENT_NAMES]
        if part or wiped:
            tx.emit(c.BoundariesChanged(added=part, wiped=wiped and start == 0))


def _refusal(refused: ImportRefused) -> DomainError:
    return KINDS[refused.kind](refused.code, str(refused), names=refused.names)


def _require_admin(actor: Actor) -> None:
    if not can_see_all(actor):
        raise Forbidden("admins_only", "Only administrators may change boundaries.")
