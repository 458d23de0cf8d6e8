"""Banners at the door: dates, what is left out, who may write."""

import pytest
from doors import door_bus, door_owners, http, owners

from contracts.notify.banners import ChangeBanner, CreateBanner, DeleteBanner, GetBanner, ListBanners
from contracts.verdict import Accepted

__all__ = ["door_bus", "door_owners", "http", "owners"]
ROW = {"id": 3, "message": "new", "start_date": "2026-11-22T06:00:00Z", "end_date": None, "is_displayable": True}
ONE = "/api/v1/banners/3/"


@pytest.mark.spec("11.3", "GET /banners/, GET /banners/{id}/")
async def test_everyone_reads(http, owners):
    owners.answer(ListBanners, {"count": 1, "results": [ROW]})
    owners.answer(GetBanner, ROW)
    page = (await http.get("/api/v1/banners/")).json()
    assert page == {"count": 1, "next": None, "previous": None, "results": [ROW]}
    assert (await http.get(ONE)).json() == ROW


@pytest.mark.spec("11.3", "POST /banners/")
async def test_new_banner(http, owners, chief, problem):
    owners.judge(CreateBanner, Accepted(result=ROW, http=201))
    body = {"message": "new", "start_date": "2026-11-22T08:00:00+02:00", "end_date": "2026-11-22T09:00:00"}
    assert (await http.post("/api/v1/banners/", json=body, headers=chief)).status_code == 201
    heard = owners.last(CreateBanner)
    assert (heard["start_date"], heard["end_date"]) == ("2026-11-22T06:00:00Z", "2026-11-22T09:00:00Z")
    for field, value in (("message", "x" * 501), ("message", ""), ("start_date", "0001-01-01T00:00:00+02:00")):
        refused = await http.post("/api/v1/banners/", json=body | {field: value}, headers=chief)
        assert field in problem(refused, 400)["error"]["details"]


@pytest.mark.spec("11.3", "PUT /banners/{id}/, PATCH /banners/{id}/")
async def test_change(http, owners, chief, problem):
    owners.judge(ChangeBanner, Accepted(result=ROW, http=200))
    assert (await http.patch(ONE, json={"end_date": None}, headers=chief)).status_code == 200
    assert owners.last(ChangeBanner)["endless"]
    assert (await http.put(ONE, json={"message": "newer"}, headers=chief)).status_code == 200
    heard = owners.last(ChangeBanner)
    assert (heard["banner_id"], heard["message"], heard["endless"]) == (3, "newer", False)
    assert "message" in problem(await http.put(ONE, json={}, headers=chief), 400)["error"]["details"]


@pytest.mark.spec("11.3", "DELETE /banners/{id}/")
async def test_delete(http, owners, chief):
    owners.judge(DeleteBanner, Accepted(result=None, http=204))
    assert (await http.delete(ONE, headers=chief)).status_code == 204


@pytest.mark.spec("11.3", "writes admin only")
async def test_others_do_not_write(http, owners, mapper, problem):
    problem(await http.post("/api/v1/banners/", json={"message": "x"}, headers=mapper), 403)
    problem(await http.delete(ONE), 401)


async def test_first_generation_lists_what_a_visitor_sees(http, owners, chief, problem):
    owners.answer(ListBanners, {"count": 1, "results": [ROW]})
    owners.answer(GetBanner, ROW)
    owners.judge(CreateBanner, Accepted(result=ROW, http=201))
    assert (await http.get("/api/v1/banner/", headers=chief)).json() == [ROW]
    assert (await http.get("/api/v1/banner/3/")).json() == ROW
    assert (await http.post("/api/v1/banner/", json={"message": "new"}, headers=chief)).status_code == 201
    problem(await http.post("/api/v1/banner/", json={"message": "new"}), 403)
