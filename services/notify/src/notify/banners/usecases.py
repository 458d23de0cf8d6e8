from datetime import UTC, datetime

from contracts.notify.banners import Banner, ChangeBanner, CreateBanner, DeleteBanner
from contracts.shared import Actor
from kit.db.ids import IdAllocator
from kit.errors import Forbidden
from kit.messaging.tx import Tx
from notify.banners.queries import not_found, view
from notify.banners.tables import BannerRow


async def create_banner(command: CreateBanner, tx: Tx, ids: IdAllocator) -> Banner:
    _check(tx.actor)
    values = {
        "id": await ids.next(BannerRow), "message": command.message, "end_date": command.end_date,
        "start_date": command.start_date or datetime.now(UTC),
    }  # fmt: skip
    tx.insert(BannerRow, **values)
    return view(BannerRow(**values))


async def change_banner(command: ChangeBanner, tx: Tx) -> Banner:
    row = await _locked(command.banner_id, tx)
    for name, value in command.model_dump(exclude={"banner_id", "endless"}, exclude_none=True).items():
        setattr(row, name, value)
    if command.endless:
        row.end_date = None
    return view(row)


async def delete_banner(command: DeleteBanner, tx: Tx) -> None:
    await tx.session.delete(await _locked(command.banner_id, tx))


async def _locked(banner_id: int, tx: Tx) -> BannerRow:
    _check(tx.actor)
    row = await tx.session.get(BannerRow, banner_id, with_for_update=True)
    if row is None:
        raise not_found()
    return row


def _check(actor: Actor) -> None:
    if not actor.is_admin:
        raise Forbidden("admin_required", "Only administrators may change banners.")
