"""Announcements to all users."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from contracts.base import Command, Contract, Query
from contracts.shared import Page


def _utc(moment: datetime) -> datetime:
    """Raises ValueError for a time outside the calendar in UTC."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie between the years 1 and 9999") from None


Moment = Annotated[datetime, AfterValidator(_utc)]
"""A time without a zone is UTC."""
Words = Annotated[str, Field(min_length=1, max_length=500)]


class Banner(Contract):
    id: int
    message: str
    start_date: datetime
    end_date: datetime | None
    is_displayable: bool


class CreateBanner(Command, wire="notify.v1.create_banner"):
    """For administrators only, as all writes of banners. Without `start_date` it starts now."""

    expires = 30.0
    message: Words
    start_date: Moment | None = None
    end_date: Moment | None = None


class ChangeBanner(Command, wire="notify.v1.change_banner"):
    """Null fields stay as they are; `endless` removes the end."""

    expires = 30.0
    banner_id: int
    message: Words | None = None
    start_date: Moment | None = None
    end_date: Moment | None = None
    endless: bool = False


class DeleteBanner(Command, wire="notify.v1.delete_banner"):
    expires = 30.0
    banner_id: int


class GetBanner(Query, wire="notify.v1.get_banner"):
    banner_id: int


class ListBanners(Query, wire="notify.v1.list_banners"):
    """Latest start first; administrators also see those that have not started or have ended."""

    page: Page = Page()
