from datetime import UTC, datetime, timedelta

import pytest

from contracts.notify.banners import ChangeBanner, CreateBanner, DeleteBanner, GetBanner, ListBanners
from contracts.shared import ANONYMOUS, Page
from kit.errors import NotFound
from kit.testing import ADMIN, STRANGER, Caller

DAY = timedelta(days=1)


async def made(caller: Caller, start: timedelta | None = None, end: timedelta | None = None) -> dict:
    now = datetime.now(UTC)
    command = CreateBanner(
        message="new", start_date=None if start is None else now + start, end_date=None if end is None else now + end
    )
    return (await caller.send(command, ADMIN)).result


async def listed(caller: Caller, actor=ANONYMOUS) -> list[int]:
    return [row["id"] for row in (await caller.ask(ListBanners(page=Page(limit=1000)), actor))["results"]]


@pytest.mark.spec("11.3", "id, message, start_date, end_date, is_displayable, start_date defaults to now")
async def test_starts_now_and_is_shown(running, caller: Caller):
    row = await made(caller)
    assert row.keys() == {"id", "message", "start_date", "end_date", "is_displayable"}
    assert (row["message"], row["end_date"], row["is_displayable"]) == ("new", None, True)
    assert await caller.ask(GetBanner(banner_id=row["id"]), ANONYMOUS) == row


@pytest.mark.spec("11.3", "GET /banners/, only active ones listed, newest start first")
async def test_only_what_is_shown_is_listed_newest_start_first(running, caller: Caller):
    old, new = await made(caller, -2 * DAY, DAY), await made(caller, -DAY)
    ended, coming = await made(caller, -3 * DAY, -2 * DAY), await made(caller, DAY)
    everyone, chief = await listed(caller), await listed(caller, ADMIN)
    assert [one for one in everyone if one in (old["id"], new["id"])] == [new["id"], old["id"]]
    assert not {ended["id"], coming["id"]} & set(everyone)
    assert chief.index(coming["id"]) < chief.index(new["id"]) < chief.index(ended["id"])
    assert (ended["is_displayable"], coming["is_displayable"]) == (False, False)
    page = await caller.ask(ListBanners(page=Page(limit=1, offset=1)), ANONYMOUS)
    assert (page["count"], [row["id"] for row in page["results"]]) == (len(everyone), everyone[1:2])


@pytest.mark.spec("11.3", "GET /banners/{id}/")
async def test_each_is_found_by_its_number(running, caller: Caller):
    coming = await made(caller, DAY)
    assert (await caller.ask(GetBanner(banner_id=coming["id"]), ANONYMOUS))["id"] == coming["id"]
    with pytest.raises(NotFound):
        await caller.ask(GetBanner(banner_id=2**60), ANONYMOUS)


async def test_what_is_left_out_stays(running, caller: Caller):
    row = await made(caller, -DAY, DAY)
    changed = (await caller.send(ChangeBanner(banner_id=row["id"], message="newer"), ADMIN)).result
    assert changed == row | {"message": "newer"}
    endless = (await caller.send(ChangeBanner(banner_id=row["id"], endless=True), ADMIN)).result
    assert endless == changed | {"end_date": None}


async def test_deleted_is_gone(running, caller: Caller):
    row = await made(caller)
    assert (await caller.send(DeleteBanner(banner_id=row["id"]), ADMIN)).http == 204
    assert row["id"] not in await listed(caller, ADMIN)
    assert (await caller.send(DeleteBanner(banner_id=row["id"]), ADMIN)).code == "banner_not_found"


@pytest.mark.spec("11.3", "writes admin only")
async def test_others_may_not_write(running, caller: Caller):
    row = await made(caller)
    for command in (CreateBanner(message="x"), ChangeBanner(banner_id=row["id"]), DeleteBanner(banner_id=row["id"])):
        assert (await caller.send(command, STRANGER)).code == "admin_required"
