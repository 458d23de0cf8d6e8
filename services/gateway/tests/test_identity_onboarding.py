"""From the login portal to an account: new users, connected OSM accounts, links that exist already."""

import base64
import json
import time
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.fernet import Fernet

from gateway.identity.onboarding import osm_connection
from gateway.identity.onboarding import state as onboarding_state
from gateway.identity.onboarding.accounts import free_name, synthetic_id
from gateway.identity.onboarding.osm_connection import connection_of
from gateway.identity.providers.dev import DevProvider

FRONTEND, PORTAL, SECRET = "https://map.example", "https://login.example", "c" * 40
PATH, STATUS = "/api/v1/auth/onboarding/", "/api/v1/auth/status/"

pytestmark = pytest.mark.usefixtures("on_hanko")


def connected(
    osm_id: int, name: str, secret: str = SECRET, expires_at: str | None = None, at: float | None = None
) -> dict[str, str]:
    """The cookie that the portal sets, at some time."""
    box = Fernet(base64.urlsafe_b64encode(secret.encode()[:32]))
    content = {
        "osm_user_id": osm_id, "osm_username": name, "osm_avatar_url": None, "access_token": "t",
        "refresh_token": None, "expires_at": expires_at, "scopes": ["read_prefs"],
    }  # fmt: skip
    sealed = box.encrypt_at_time(json.dumps(content).encode(), int(at or time.time()))
    return {"cookie": f"osm_connection={sealed.decode()}"}


def by_cookie(headers: dict[str, str], *others: str) -> dict[str, str]:
    """The same login as a browser sends it, with further cookies."""
    token = headers["authorization"].removeprefix("Bearer ")
    return {"cookie": "; ".join([f"hanko={token}", *others])}


def state_of(response) -> str:
    """The cookie that makes a browser's GET count, checked for what keeps it there."""
    value = response.headers["set-cookie"]
    assert value.startswith("fair_onboarding=")
    lower = value.lower()
    assert all(word in lower for word in ("httponly", "samesite=lax", "max-age=3600", "path=/api/v1/auth/"))
    return value.partition(";")[0]


def accounts_of(sql, hanko_id: str) -> list[tuple]:
    return sql("select app_user_id from hanko_user_mappings where hanko_user_id = %s", hanko_id)


def arrived(response) -> None:
    assert (response.status_code, response.headers["location"]) == (302, FRONTEND), response.text


async def test_logins_name_the_portal(http):
    answer = (await http.get("/api/v1/auth/logins/")).json()
    assert answer == {"auth_provider": "hanko", "portal_url": f"{PORTAL}/app", "openstreetmap": False}


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


@pytest.fixture
async def browser(http):
    """Without a memory for cookies: the tests say what is sent."""
    async with httpx.AsyncClient(base_url=http.base_url, trust_env=False, timeout=20) as client:
        client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield client


async def test_browser_that_was_on_our_pages_is_onboarded_at_once(browser, signed, sql):
    lisa = await signed("lisa-hanko", "lisa@map.example")
    state = state_of(await browser.get(STATUS, headers=by_cookie(lisa)))
    assert "set-cookie" not in (await browser.get(STATUS, headers=by_cookie(lisa, state))).headers, "one is enough"
    done = await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(lisa, state))
    arrived(done)
    assert 'fair_onboarding=""' in done.headers["set-cookie"], "it is taken back"
    assert accounts_of(sql, "lisa-hanko") == [(str(synthetic_id("lisa-hanko")),)]


async def test_browser_that_was_not_is_sent_round_by_the_portal(browser, signed, sql):
    """So an address that somebody plants makes nothing by itself."""
    nora = await signed("nora-hanko")
    first = await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(nora))
    assert first.headers["location"].startswith(f"{PORTAL}/app?onboarding=fair")
    assert accounts_of(sql, "nora-hanko") == []
    arrived(await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(nora, state_of(first))))


async def test_state_is_of_one_identity_of_this_hour_and_signed(browser, signed, sql, monkeypatch):
    olga, other = await signed("olga-hanko"), await signed("petra-hanko")
    state = state_of(await browser.get(STATUS, headers=by_cookie(other)))
    own = state_of(await browser.get(STATUS, headers=by_cookie(olga)))
    for wrong in (state, f"{own}x", "fair_onboarding=junk", "fair_onboarding="):
        sent = await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(olga, wrong))
        assert sent.headers["location"].startswith(PORTAL), wrong
    monkeypatch.setattr(onboarding_state, "LIFE", -1)
    sent = await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(olga, own))
    assert sent.headers["location"].startswith(PORTAL)
    assert accounts_of(sql, "olga-hanko") == []


async def test_state_has_one_effect(browser, signed, sql):
    rita = await signed("rita-hanko")
    state = state_of(await browser.get(STATUS, headers=by_cookie(rita)))
    arrived(await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(rita, state)))
    sql("delete from hanko_user_mappings where hanko_user_id = 'rita-hanko'")
    arrived(await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(rita, state)))
    assert accounts_of(sql, "rita-hanko") == [], "the second time it did nothing"


async def test_refused_browser_gets_another_try(browser, signed, sql):
    sara = await signed("sara-hanko")
    osm = connected(8299, "sara")["cookie"]
    state = state_of(await browser.get(STATUS, headers=by_cookie(sara)))
    refused = await browser.get(PATH, headers=by_cookie(sara, state, osm))
    assert "has+not+been+used+here" in refused.headers["location"]
    again = await browser.get(PATH, params={"new_user": "true"}, headers=by_cookie(sara, state_of(refused)))
    arrived(again)


async def test_osm_account_of_another_login_is_not_given_away(http, signed, sql, problem):
    """Whoever shows a connection that somebody else has shown before does not get their account."""
    sql("insert into users (id, username, email) values (8390, 'tina', 'tina@map.example')")
    shown = connected(8390, "tina")
    arrived(await http.get(PATH, headers=await signed("tina-hanko", "tina@map.example") | shown))
    thief = await http.get(PATH, headers=await signed("thief-hanko", "thief@map.example") | shown)
    assert problem(thief, 409)["error"]["details"]["reason"] == "account_taken"
    assert sql("select email from users where id = 8390") == [("tina@map.example",)]


@pytest.mark.spec("2.3", "cookie osm_connection")
@pytest.mark.parametrize("ends", ["2020-01-01T00:00:00", "2020-01-01T00:00:00+00:00"])
def test_connection_ends_with_its_login_and_after_a_day(monkeypatch, ends):
    assert connection_of(connected(5, "mira"), SECRET)
    assert connection_of(connected(5, "mira", expires_at="2999-01-01T00:00:00"), SECRET)
    assert connection_of(connected(5, "mira", expires_at=ends), SECRET) is None
    assert connection_of(connected(5, "mira", at=time.time() - osm_connection.LIFE - 60), SECRET) is None


@pytest.mark.parametrize(
    ("email", "verified"),
    [({"address": "a@map.example", "is_verified": True}, True), ({"address": "b@map.example"}, False),
     ("c@map.example", False), ({"address": "d@map.example", "is_verified": "yes"}, False)],
)  # fmt: skip
async def test_address_is_verified_only_where_the_provider_says_so(http, signed, sql, email, verified):
    name = f"said-{email if isinstance(email, str) else email['address']}"
    headers = await signed(name, email=email, email_as_text=isinstance(email, str))
    arrived(await http.get(PATH, params={"new_user": "true"}, headers=headers))
    assert sql("select email_verified from users where id = %s", synthetic_id(name)) == [(verified,)]


@pytest.mark.spec("2.4", "onboarding is for hanko only")
async def test_dev_deployment_has_no_onboarding(http, running, mapper, problem, monkeypatch, dev_token):
    users = running.context.users
    monkeypatch.setattr(running.context, "provider", DevProvider(users, dev_token, several=True))
    assert "Hanko" in problem(await http.get(PATH, headers=mapper), 400)["detail"]
