from datetime import UTC, datetime

from sqlalchemy import ColumnElement, or_, true

from contracts.shared import Actor
from notify.banners.tables import BannerRow


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Administrators see all banners in lists, everybody else those that are displayed now."""
    if actor.is_admin:
        return true()
    now = datetime.now(UTC)
    return (BannerRow.start_date <= now) & or_(BannerRow.end_date.is_(None), BannerRow.end_date >= now)
