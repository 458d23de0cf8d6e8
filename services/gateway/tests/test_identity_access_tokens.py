"""Personal access tokens of the login portal, by hash, with limits."""

import asyncio
import hashlib

import pytest

from gateway.identity.providers import access_tokens
from gateway.identity.providers import token_budget as budget
from gateway.identity.providers.access_tokens import TokenPortal
from gateway.identity.ttl_cache import TtlCache
from kit.errors import Unavailable
from kit.http.outbound import Outbound
from stack.sandbox.issuer import INTERNAL_KEY

STATUS = "/api/v1/auth/status/"
HERE = "192.0.2.1"


@pytest.fixture
def portal(issuer) -> TokenPortal:
    url = issuer.base_url
    return TokenPortal(Outbound(f"{url.host}:{url.port}"), str(url).rstrip("/"), INTERNAL_KEY)


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
    people = await asyncio.gather(*(portal.person(token, HERE) for _ in range(50)))
    assert {person.id for person in people} == {"busy"}
    assert await asked(issuer, token) == 1


@pytest.fixture
def asks(portal, monkeypatch) -> list[str]:
    """The hashes that the portal was asked for."""
    seen, original = [], portal._ask

    async def noted(digest: str):
        seen.append(digest)
        return await original(digest)

    monkeypatch.setattr(portal, "_ask", noted)
    return seen


async def made_up(portal, number: int, *clients: str) -> list:
    """What becomes of that many invented tokens at once, from each of the clients."""
    guesses = (portal.person(f"guess-{client}-{n}", client) for client in clients for n in range(number))
    return await asyncio.gather(*guesses, return_exceptions=True)


async def test_made_up_tokens_do_not_flood_the_portal(portal, asks):
    crowd = [f"198.51.100.{n}" for n in range(100)]
    fates = await made_up(portal, 10, *crowd)
    assert len(asks) <= budget.AT_ONCE
    assert {type(fate) for fate in fates} == {type(None), Unavailable}, "a question that is spared says nothing"
    assert await portal.person("x" * (access_tokens.LONGEST + 1), HERE) is None


async def test_made_up_tokens_of_one_client_leave_the_others_their_questions(issuer, portal, asks):
    token = await access_token(issuer, "first", "first@map.example")
    fates = made_up(portal, 300, "198.51.100.1")
    _, person = await asyncio.gather(fates, portal.person(token, HERE))
    assert person.id == "first"
    assert len(asks) <= budget.EACH_AT_ONCE + 1


async def test_token_that_was_good_is_asked_for_again_beside_all_budgets(issuer, portal, monkeypatch):
    token = await access_token(issuer, "regular", "regular@map.example")
    monkeypatch.setattr(access_tokens, "GOOD", 0.0)
    assert (await portal.person(token, HERE)).id == "regular"
    for name in ("AT_ONCE", "PER_SECOND", "EACH_AT_ONCE", "EACH_PER_SECOND"):
        monkeypatch.setattr(budget, name, 0)
    with pytest.raises(Unavailable):
        await portal.person("another", HERE)
    assert (await portal.person(token, HERE)).id == "regular"
    assert await asked(issuer, token) == 2


async def test_made_up_tokens_drive_no_good_one_out_of_memory(issuer, portal, monkeypatch):
    token = await access_token(issuer, "kept", "kept@map.example")
    await portal.person(token, HERE)
    for memory in vars(portal).values():
        if isinstance(memory, TtlCache):
            memory.size = 1
    for number in range(4):
        assert await portal.person(f"unknown-{number}", HERE) is None
    assert (await portal.person(token, HERE)).id == "kept"
    assert await asked(issuer, token) == 1


def test_the_oldest_answer_makes_room():
    recent = TtlCache(2)
    for key in ("first", "second", "first", "third"):
        recent.put(key, key, 60)
    assert [recent.get(key) for key in ("first", "second", "third")] == ["first", None, "third"]


async def test_taken_back_token_is_a_stranger_again(issuer, portal, monkeypatch):
    token = await access_token(issuer, "former", "former@map.example")
    monkeypatch.setattr(access_tokens, "GOOD", 0.0)
    assert await portal.person(token, HERE)
    await issuer.post("/revoke", json={"token": token})
    assert await portal.person(token, HERE) is None
    assert portal._known.get(hashlib.sha256(token.encode()).hexdigest()) is None, "it has no way beside the budgets"


@pytest.mark.parametrize("path", ["/api/v1/auth/me/", STATUS])
async def test_portal_that_is_down_is_503_and_no_verdict(http, on_hanko, issuer, problem, sql, path):
    token = await access_token(issuer, "later", "later@map.example")
    await issuer.post("/break", json={"down": True})
    try:
        refused = await http.get(path, headers={"authorization": f"Bearer {token}"})
    finally:
        await issuer.post("/break", json={"down": False})
    assert problem(refused, 503)["error"]["details"]["reason"] == "login_unavailable"
    assert int(refused.headers["retry-after"]) > 0
    status = (await http.get(STATUS, headers={"authorization": f"Bearer {token}"})).json()
    assert status["hanko_authenticated"], "the failure is not remembered"


async def test_wrong_key_and_private_address_are_no_persons(issuer, portal):
    token = await access_token(issuer, "nobody", "nobody@map.example")
    url = str(issuer.base_url).rstrip("/")
    assert await TokenPortal(portal.outbound, url, "wrong-key").person(token, HERE) is None
    with pytest.raises(Unavailable):
        await TokenPortal(Outbound(), url, INTERNAL_KEY).person(token, HERE)
    assert await asked(issuer, token) == 0, "a private address is not allowed by itself"
