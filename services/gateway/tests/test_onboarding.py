"""From the login portal to an account: new users, connected OSM accounts, links that exist already."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.fernet import Fernet

from gateway.auth.dev import DevProvider
from gateway.auth.onboarding import free_name, synthetic_id
from gateway.auth.osm_cookie import connection_of

FRONTEND, PORTAL, SECRET = "https://map.example", "https://login.example", "c" * 40
PATH, STATUS = "/api/v1/auth/onboarding/", "/api/v1/auth/status/"

pytestmark = pytest.mark.usefixtures("on_hanko")


def connected(osm_id: int, name: str, secret: str = SECRET) -> dict[str, str]:
    """The cookie that the portal sets."""
    box = Fernet(base64.urlsafe_b64encode(secret.encode()[:32]))
    content = {
        "osm_user_id": osm_id, "osm_username": name, "osm_avatar_url": None, "access_token": "t",
        "refresh_token": None, "expires_at": None, "scopes": ["read_prefs"],
    }  # fmt: skip
    return {"cookie": f"osm_connection={box.encrypt(json.dumps(content).encode()).decode()}"}


def arrived(response) -> None:
    assert (response.status_code, response.headers["location"]) == (302, FRONTEND), response.text


@pytest.mark.spec("2.4", "GET /auth/onboarding/, new_user creates a user")
@pytest.mark.spec("2.5", "status mapped, status not mapped")
async def test_new_user_has_a_negative_id(http, signed, sql):
    anna = await signed("anna-hanko", "anna@map.example")
    before = (await http.get(STATUS, headers=anna)).json()
    assert before == {
        "auth_provider": "hanko", "authenticated": False, "needs_onboarding": True, "hanko_authenticated": True,
        "hanko_user": {"id": "anna-hanko", "email": "anna@map.example"},
    }  # fmt: skip
    arrived(await http.get(PATH, params={"new_user": "true"}, headers=anna))
    osm_id = synthetic_id("anna-hanko")
    assert (await http.get(STATUS, headers=anna)).json() == {
        "auth_provider": "hanko", "authenticated": True, "needs_onboarding": False,
        "user": {"osm_id": osm_id, "username": "anna", "is_real_osm": False},
        "hanko_user": {"id": "anna-hanko", "email": "anna@map.example"},
    }  # fmt: skip
    assert sql("select email, email_verified from users where id = %s", osm_id) == [("anna@map.example", True)]


@pytest.mark.spec("2.4", "username clash")
async def test_same_name_gets_a_number(http, signed, sql):
    for number in range(3):
        person = await signed(f"berta-{number}", f"berta@place{number}.example")
        arrived(await http.get(PATH, params={"new_user": "true"}, headers=person))
    ids = [synthetic_id(f"berta-{number}") for number in range(3)]
    names = [sql("select username from users where id = %s", one)[0][0] for one in ids]
    assert names == ["berta", "berta_1", "berta_2"]


@pytest.mark.spec("2.4", "new_user reuses the account")
async def test_onboarding_twice_changes_nothing(http, signed, sql):
    carl = await signed("carl-hanko", "carl@map.example")
    arrived(await http.get(PATH, params={"new_user": "true"}, headers=carl))
    sql("update users set email = 'own@map.example' where username = 'carl'")
    arrived(await http.get(PATH, params={"new_user": "true"}, headers=carl))
    assert sql("select username, email from users where username like 'carl%%'") == [("carl", "own@map.example")]


@pytest.mark.spec("2.4", "OSM user known")
async def test_connected_osm_account_is_linked(http, signed, sql):
    sql("insert into users (id, username, email) values (8100, 'dora', 'old@map.example')")
    dora = await signed("dora-hanko", "dora@map.example")
    arrived(await http.get(PATH, params={"new_user": "false"}, headers=dora | connected(8100, "dora")))
    assert sql("select email, email_verified from users where id = 8100") == [("dora@map.example", True)]
    status = (await http.get(STATUS, headers=dora)).json()
    assert status["user"] == {"osm_id": 8100, "username": "dora", "is_real_osm": True}
    mapping = sql("select app_user_id, app_name from hanko_user_mappings where hanko_user_id = 'dora-hanko'")
    assert mapping == [("8100", "fair")]


async def test_address_that_the_provider_does_not_vouch_for_is_not_verified(http, signed, sql):
    email = {"address": "emil@map.example", "is_verified": False}
    arrived(await http.get(PATH, params={"new_user": "true"}, headers=await signed("emil", email=email)))
    assert sql("select email_verified from users where id = %s", synthetic_id("emil")) == [(False,)]


@pytest.mark.spec("2.4", "OSM user unknown")
@pytest.mark.spec("21.2", "onboarding redirect")
async def test_unknown_osm_account_goes_back_to_the_portal(http, signed, sql):
    fred = await signed("fred-hanko")
    response = await http.get(PATH, headers=fred | connected(8199, "fred & söhne"))
    assert response.status_code == 302
    address = urlsplit(response.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{PORTAL}/app"
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert (asked["onboarding"], asked["return_to"]) == ("fair", FRONTEND)
    assert "fred & söhne" in asked["error"]
    assert not sql("select 1 from hanko_user_mappings where hanko_user_id = 'fred-hanko'")


@pytest.mark.spec("2.4", "relinking needs the old link removed")
async def test_linked_identity_is_not_linked_again(http, signed, sql, problem):
    sql("insert into users (id, username) values (8200, 'gina'), (8201, 'gina too')")
    gina = await signed("gina-hanko")
    arrived(await http.get(PATH, headers=gina | connected(8200, "gina")))
    other = await http.get(PATH, headers=gina | connected(8201, "gina too"))
    assert problem(other, 409)["error"]["details"]["reason"] == "already_linked"
    assert sql("select email from users where id = 8201") == [("",)], "nothing of the refused link is kept"
    problem(await http.get(PATH, params={"new_user": "true"}, headers=gina), 409)
    sql("delete from hanko_user_mappings where hanko_user_id = 'gina-hanko'")
    arrived(await http.get(PATH, headers=gina | connected(8201, "gina too")))


@pytest.mark.spec("2.3", "needs_onboarding")
async def test_link_to_nobody_may_be_replaced(http, signed, sql):
    sql("insert into hanko_user_mappings (hanko_user_id, app_user_id) values ('hans-hanko', '99999999')")
    hans = await signed("hans-hanko")
    assert (await http.get(STATUS, headers=hans)).json()["needs_onboarding"]
    arrived(await http.get(PATH, params={"new_user": "true"}, headers=hans))
    assert (await http.get(STATUS, headers=hans)).json()["authenticated"]


async def test_synthetic_account_of_another_identity_is_not_given_away(http, signed, sql, problem):
    osm_id = synthetic_id("ines-hanko")
    sql("insert into users (id, username) values (%s, 'first')", osm_id)
    sql("insert into hanko_user_mappings (hanko_user_id, app_user_id) values ('twin', %s)", str(osm_id))
    problem(await http.get(PATH, params={"new_user": "true"}, headers=await signed("ines-hanko")), 409)


@pytest.mark.spec("1.4", "LOGIN_ERROR")
@pytest.mark.spec("2.4", "onboarding needs an identity, onboarding needs an OSM connection")
async def test_without_identity_or_connection_there_is_no_account(http, signed, problem):
    assert problem(await http.get(PATH), 401)["error"]["code"] == "AUTHENTICATION_ERROR"
    error = problem(await http.get(PATH, headers=await signed("jana-hanko")), 401)["error"]
    assert error["code"] == "LOGIN_ERROR"
    assert "OSM connection" in error["message"]


@pytest.mark.spec("2.3", "cookie osm_connection")
@pytest.mark.parametrize("cookie", ["osm_connection=junk", "osm_connection=", connected(1, "x", "d" * 40)["cookie"]])
async def test_unreadable_cookie_is_no_connection(http, signed, problem, cookie):
    refused = await http.get(PATH, headers=await signed("kurt-hanko") | {"cookie": cookie})
    assert problem(refused, 401)["error"]["code"] == "LOGIN_ERROR"


@pytest.mark.spec("2.3", "cookie osm_connection")
def test_cookie_is_opened_with_the_first_32_bytes():
    found = connection_of(connected(5, "mira", SECRET), SECRET[:32] + "anything")
    assert (found.osm_id, found.username) == (5, "mira")


@pytest.mark.spec("2.4", "synthetic osm_id")
def test_synthetic_ids():
    ids = {synthetic_id(f"person-{number}") for number in range(2000)}
    assert len(ids) > 1990
    assert all(-(10**9) < one < 0 for one in ids)
    assert synthetic_id("0c1f7a2e") == -(0x959EDC807571FA44 % 10**9)


def test_free_name_is_the_first_that_nobody_has():
    assert [free_name("a", taken) for taken in ((), ("a",), ("a", "a_1", "a_3"))] == ["a", "a_1", "a_2"]


@pytest.mark.spec("2.4", "onboarding is for hanko only")
async def test_dev_deployment_has_no_onboarding(http, running, mapper, problem, monkeypatch, dev_token):
    users = running.door.users
    monkeypatch.setattr(running.door, "provider", DevProvider(users, dev_token, several=True))
    assert "Hanko" in problem(await http.get(PATH, headers=mapper), 400)["detail"]
