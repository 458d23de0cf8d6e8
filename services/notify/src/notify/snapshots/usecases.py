from datetime import UTC, datetime

from sqlalchemy import delete, func, select

from contracts.notify.snapshots import MAX_SNAPSHOTS, CreateSnapshot, DeleteSnapshot, Snapshot
from kit.errors import Conflict, NotFound, Unauthenticated, Unprocessable
from kit.messaging.tx import Tx
from notify.snapshots.packing import packed
from notify.snapshots.tables import SnapshotRow
from notify.snapshots.visibility import owned_by

QUIETLY = {"synchronize_session": False}


async def create(command: CreateSnapshot, tx: Tx) -> Snapshot:
    if tx.actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to keep a snapshot.")
    if command.expires_at <= datetime.now(UTC):
        raise Unprocessable("bad_expiry", "expires_at must be later than now.")
    await tx.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"snapshots {tx.actor.id}", 0))))
    mine = select(func.count()).select_from(SnapshotRow).where(SnapshotRow.owner_id == tx.actor.id)
    if (await tx.session.scalar(mine) or 0) >= MAX_SNAPSHOTS:
        raise Conflict("too_many_snapshots", f"You have {MAX_SNAPSHOTS} snapshots: delete some.")
    given = command.model_dump(include={"dashboard_id", "token_sha256", "delete_key_sha256", "title", "expires_at"})
    row = SnapshotRow(
        id=command.snapshot_id, owner_id=tx.actor.id, owner=tx.actor.username, body=await packed(command.content),
        size_bytes=len(command.content.encode()), created_at=datetime.now(UTC), **given,
    )  # fmt: skip
    tx.session.add(row)
    return shown(row)


async def remove(command: DeleteSnapshot, tx: Tx) -> None:
    """Raises NotFound."""
    if command.delete_key_sha256 is not None:
        may = SnapshotRow.delete_key_sha256 == command.delete_key_sha256
    else:
        may = owned_by(tx.actor)
    wanted = (SnapshotRow.id == command.snapshot_id) & may
    gone = await tx.session.execute(
        delete(SnapshotRow).where(wanted).returning(SnapshotRow.id), execution_options=QUIETLY
    )
    if gone.scalar_one_or_none() is None:
        raise no_snapshot()


def no_snapshot() -> NotFound:
    return NotFound("snapshot_not_found", "There is no such snapshot, or its time is over.")


def shown(row: SnapshotRow) -> Snapshot:
    names = ("id", "dashboard_id", "title", "owner", "size_bytes", "created_at", "expires_at")
    return Snapshot(**{name: getattr(row, name) for name in names})
