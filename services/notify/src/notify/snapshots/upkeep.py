"""Deletes snapshots whose time is over."""

from sqlalchemy import delete, select

from kit.app import Service
from notify import dispatcher
from notify.snapshots.tables import SnapshotRow
from notify.snapshots.visibility import IN_TIME

EVERY, BATCH = 600.0, 100
QUIETLY = {"synchronize_session": False}


async def clean_forever(service: Service) -> None:
    await dispatcher.run_periodically(clean, service, EVERY)


async def clean(service: Service) -> bool:
    """True when there may be more."""
    over = select(SnapshotRow.id).where(~IN_TIME).limit(BATCH)
    async with service.tx() as tx:
        gone = delete(SnapshotRow).where(SnapshotRow.id.in_(over)).returning(SnapshotRow.id)
        return len((await tx.session.scalars(gone, execution_options=QUIETLY)).all()) == BATCH
