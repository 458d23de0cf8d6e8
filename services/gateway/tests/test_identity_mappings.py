"""The mapping table for the people named in ADMIN_EMAILS."""

import pytest

from contracts.gateway.mappings import CreateMapping, ListMappings
from gateway.identity.onboarding.accounts import synthetic_id
from kit.errors import Forbidden
from kit.testing import ADMIN, Caller

PATH = "/api/admin/mappings"
pytestmark = pytest.mark.usefixtures("on_hanko")


@pytest.fixture
async def boss(signed) -> dict[str, str]:
    """Has no account here, and needs none."""
    return await signed("boss-hanko", "chief@MAP.example")


@pytest.mark.spec("2.6", "POST /api/admin/mappings, GET /api/admin/mappings/{hanko_user_id}")
@pytest.mark.spec("2.6", "PUT /api/admin/mappings/{hanko_user_id}")
@pytest.mark.spec("2.6", "DELETE /api/admin/mappings/{hanko_user_id}, existing 409, unknown 404")
@pytest.mark.spec("2.6", "hanko_user_id, app_user_id, app_name, created_at, updated_at, app_username, app_email")
async def test_a_mapping_from_birth_to_death(http, boss, sql, problem):
    sql("insert into users (id, username, email) values (8400, 'lena', 'lena@map.example'), (8401, 'lena2', '')")
    made = await http.post(PATH, json={"hanko_user_id": "lena-hanko", "app_user_id": "8400"}, headers=boss)
    assert made.status_code == 201
    row = made.json()
    assert row.pop("created_at")
    assert row.pop("updated_at")
    assert row == {
        "hanko_user_id": "lena-hanko", "app_user_id": "8400", "app_name": "fair", "app_username": "lena",
        "app_email": "lena@map.example",
    }  # fmt: skip
    again = await http.post(PATH, json={"hanko_user_id": "lena-hanko", "app_user_id": "8401"}, headers=boss)
    assert "detail" in problem(again, 409)
    changed = await http.put(f"{PATH}/lena-hanko", json={"app_user_id": "8401"}, headers=boss)
    assert (changed.status_code, changed.json()["app_username"]) == (200, "lena2")
    assert (await http.get(f"{PATH}/lena-hanko", headers=boss)).json() == changed.json()
    assert (await http.delete(f"{PATH}/lena-hanko", headers=boss)).status_code == 204
    for method in ("GET", "DELETE"):
        problem(await http.request(method, f"{PATH}/lena-hanko", headers=boss), 404)
    problem(await http.put(f"{PATH}/lena-hanko", json={"app_user_id": "8401"}, headers=boss), 404)


@pytest.mark.spec("2.6", "missing field 400")
@pytest.mark.parametrize(
    "body", [{}, {"hanko_user_id": "x"}, {"app_user_id": "1"}, {"hanko_user_id": "", "app_user_id": ""}]
)
async def test_mapping_needs_both_ends(http, boss, problem, body):
    assert problem(await http.post(PATH, json=body, headers=boss), 400)["detail"]


@pytest.mark.spec("2.6", "page_size at most 100, e-mail in any case")
@pytest.mark.spec("2.6", "GET /api/admin/mappings, newest first, page, page_size, items, total")
async def test_list_in_pages(http, boss, sql):
    for number in range(3):
        sql("insert into hanko_user_mappings (hanko_user_id, app_user_id, created_at)"
            " values (%s, '8400', now() + %s * interval '1 hour')", f"page-{number}", number + 1)  # fmt: skip
    first = (await http.get(PATH, params={"page_size": 2}, headers=boss)).json()
    assert first.keys() == {"items", "total", "page", "page_size"}
    assert [item["hanko_user_id"] for item in first["items"]] == ["page-2", "page-1"]
    second = (await http.get(PATH, params={"page_size": 2, "page": 2}, headers=boss)).json()
    assert second["items"][0]["hanko_user_id"] == "page-0"
    assert (second["page"], second["page_size"], second["total"]) == (2, 2, first["total"])
    assert (await http.get(PATH, params={"page_size": 101}, headers=boss)).status_code == 400


@pytest.mark.spec("2.6", "ADMIN_EMAILS only")
async def test_others_may_not(http, signed, sql, problem):
    sql("insert into hanko_user_mappings (hanko_user_id, app_user_id) values ('plain-hanko', %s)", "8400")
    sql("insert into users (id, username) values (8400, 'lena') on conflict do nothing")
    plain = await signed("plain-hanko", "plain@map.example")
    assert problem(await http.get(PATH, headers=plain), 403)["detail"] == "Admin access required"
    problem(await http.get(PATH), 401)
    problem(await http.get(PATH, headers=await signed("nobody-here")), 401)


async def test_address_that_is_not_proven_opens_nothing(http, signed, problem):
    email = {"address": "chief@map.example", "is_verified": False}
    problem(await http.get(PATH, headers=await signed("liar-hanko", email=email)), 401)


async def test_owner_checks_again(caller: Caller):
    """Administrators of the platform are not administrators of mappings."""
    with pytest.raises(Forbidden):
        await caller.ask(ListMappings(), ADMIN)
    verdict = await caller.send(CreateMapping(hanko_user_id="x", app_user_id="1"), ADMIN)
    assert verdict.code == "admin_required"


async def test_removed_link_can_be_made_anew(http, boss, signed):
    """What a person needs who wants to be linked to another account."""
    moves = await signed("moves-hanko")
    assert (await http.get("/api/v1/auth/onboarding/?new_user=true", headers=moves)).status_code == 302
    found = (await http.get(f"{PATH}/moves-hanko", headers=boss)).json()
    assert found["app_user_id"] == str(synthetic_id("moves-hanko"))
    assert (await http.delete(f"{PATH}/moves-hanko", headers=boss)).status_code == 204
