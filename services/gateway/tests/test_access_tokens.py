"""Personal access tokens of the login portal, by hash, with limits."""

import asyncio
import hashlib

import pytest

from gateway.auth import pat
from gateway.auth.pat import Portal
from kit.outbound import Outbound
from stack.sandbox.issuer import INTERNAL_KEY

STATUS = "/api/v1/auth/status/"


@pytest.fixture
def portal(issuer) -> Portal:
    url = issuer.base_url
    return Portal(Outbound(f"{url.host}:{url.port}"), str(url).rstrip("/"), INTERNAL_KEY)


async def access_token(issuer, sub: str, email: str) -> str:
    return (await issuer.post("/pat", json={"sub": sub, "email": email})).json()["token"]


async def asked(issuer, token: str) -> int:
    return (await issuer.get("/asked")).json().get(hashlib.sha256(token.encode()).hexdigest(), 0)


@pytest.mark.spec("2.3", "PAT")
@pytest.mark.spec("21.2", "resolve-token")
async def test_token_is_its_owner(http, on_hanko, issuer, sql):
    sql("insert into users (id, username) values (8300, 'script')")
    sql("insert into hanko_user_mappings (hanko_user_id, app_user_id) values ('script-hanko', '8300')")
    token = await access_token(issuer, "script-hanko", "script@map.example")
    for headers in ({"authorization": f"Bearer {token}"}, {"cookie": f"hanko={token}"}):
        status = (await http.get(STATUS, headers=headers)).json()
        assert (status["authenticated"], status["user"]["osm_id"]) == (True, 8300)
    assert await asked(issuer, token) == 1, "the answer is remembered"


async def test_unknown_token_is_a_stranger_and_asked_for_once(http, on_hanko, issuer):
    for _ in range(3):
        status = (await http.get(STATUS, headers={"authorization": "Bearer pat_madeup"})).json()
        assert status == {"auth_provider": "hanko", "authenticated": False, "hanko_authenticated": False}
    assert await asked(issuer, "pat_madeup") <= 1


@pytest.mark.spec("2.3", "PAT needs LOGIN_INTERNAL_API_KEY")
@pytest.mark.spec("20.2", "LOGIN_INTERNAL_API_KEY")
async def test_without_a_key_nobody_is_asked(http, on_hanko, issuer, monkeypatch):
    token = await access_token(issuer, "script-hanko", "script@map.example")
    monkeypatch.setattr(on_hanko, "portal", None)
    assert not (await http.get(STATUS, headers={"authorization": f"Bearer {token}"})).json()["authenticated"]
    assert await asked(issuer, token) == 0


async def test_many_requests_with_one_token_ask_once(issuer, portal):
    token = await access_token(issuer, "busy", "busy@map.example")
    people = await asyncio.gather(*(portal.person(token) for _ in range(50)))
    assert {person.id for person in people} == {"busy"}
    assert await asked(issuer, token) == 1


async def test_made_up_tokens_do_not_flood_the_portal(issuer, portal, monkeypatch):
    asks = 0
    original = portal._ask

    async def counted(digest: str):
        nonlocal asks
        asks += 1
        return await original(digest)

    monkeypatch.setattr(portal, "_ask", counted)
    await asyncio.gather(*(portal.person(f"guess-{number}") for number in range(300)))
    assert asks <= pat.AT_ONCE
    for number in range(100):
        await portal.person(f"more-{number}")
    assert asks <= pat.AT_ONCE + 2 * pat.PER_SECOND
    assert await portal.person("x" * (pat.LONGEST + 1)) is None


async def test_portal_that_is_down_makes_strangers_for_a_short_while(issuer, portal, monkeypatch):
    token = await access_token(issuer, "later", "later@map.example")
    monkeypatch.setattr(pat, "BAD", 0.0)
    await issuer.post("/break", json={"down": True})
    try:
        assert await portal.person(token) is None
    finally:
        await issuer.post("/break", json={"down": False})
    assert (await portal.person(token)).id == "later"


async def test_wrong_key_and_private_address_are_no_persons(issuer, portal):
    token = await access_token(issuer, "nobody", "nobody@map.example")
    url = str(issuer.base_url).rstrip("/")
    assert await Portal(portal.outbound, url, "wrong-key").person(token) is None
    assert await Portal(Outbound(), url, INTERNAL_KEY).person(token) is None, (
        "a private address is not allowed by itself"
    )
