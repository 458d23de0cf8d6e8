from datetime import UTC, datetime

from sqlalchemy import func, select

from contracts.notify.banners import Banner, ListBanners
from contracts.shared import Rows
from kit.errors import NotFound
from kit.messaging.tx import ReadTx
from notify.banners.tables import BannerRow as Row
from notify.banners.visibility import visible_to


def view(row: Row) -> Banner:
    now = datetime.now(UTC)
    shown = row.start_date <= now and (row.end_date is None or row.end_date >= now)
    return Banner(
        id=row.id, message=row.message, start_date=row.start_date, end_date=row.end_date, is_displayable=shown
    )


def not_found() -> NotFound:
    return NotFound("banner_not_found", "There is no such banner.")


async def get_banner(banner_id: int, read: ReadTx) -> Banner:
    """Any banner, for everyone; only lists leave out what is not shown now."""
    row = await read.session.get(Row, banner_id)
    if row is None:
        raise not_found()
    return view(row)


async def list_banners(query: ListBanners, read: ReadTx) -> Rows:
    listed = visible_to(read.actor)
    count = await read.session.scalar(select(func.count()).select_from(Row).where(listed))
    newest = select(Row).where(listed).order_by(Row.start_date.desc(), Row.id.desc())
    rows = await read.session.scalars(newest.limit(query.page.limit).offset(query.page.offset))
    return Rows(count=count or 0, results=[view(row).model_dump(mode="json") for row in rows])
