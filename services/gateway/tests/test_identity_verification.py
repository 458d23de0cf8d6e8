"""Proving an address: what the two routes answer, and what a link is good for."""

import asyncio
import base64
import json
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import nats
import pytest
from nats.js.errors import NotFoundError

from contracts.gateway.accounts import EmailVerificationRequested, GetVerificationLetter
from contracts.shared import Actor
from gateway.identity import verification
from kit.errors import Conflict, Forbidden
from kit.messaging.envelope import SERVICE
from kit.testing import ADMIN, Caller, eventually

ASK, VERIFY, ME = "/api/v1/auth/me/request-email-verification/", "/api/v1/auth/me/verify-email/", "/api/v1/auth/me/"
ID, ADDRESS = 501, "prover@map.example"


@pytest.fixture
def prover(sql, dev_token, running) -> dict[str, str]:
    sql("insert into users (id, username) values (%s, 'prover') on conflict do nothing", ID)
    sql("update users set email = %s, email_verified = false where id = %s", ADDRESS, ID)
    running.context.limiter._buckets.clear()
    sql("delete from rate_leases")
    return {"authorization": f"Bearer {dev_token}", "x-dev-user": f"{ID}:prover"}


@pytest.fixture
async def link(running, prover, caller: Caller) -> dict[str, str]:
    """The parameters of the link, as notify gets it."""
    letter = await caller.ask(GetVerificationLetter(user_id=ID), SERVICE)
    assert letter["email"] == ADDRESS
    assert letter["url"].startswith("https://map.example/verify-email/?")
    return {name: values[0] for name, values in parse_qs(urlsplit(letter["url"]).query).items()}


@pytest.mark.spec("2.4", "uid is the osm_id")
async def test_link_names_the_person_and_leads_to_our_pages(link):
    assert base64.urlsafe_b64decode(link["uid"] + "==") == str(ID).encode()
    assert link.keys() == {"uid", "token"}


@pytest.mark.spec("2.4", "POST /auth/me/request-email-verification/")
async def test_request_is_told_without_address_and_link(http, prover, nats_url):
    told: asyncio.Queue = asyncio.Queue()
    connection = await nats.connect(nats_url)
    await connection.subscribe(EmailVerificationRequested.subject(), cb=told.put)
    await connection.flush()
    response = await http.post(ASK, headers=prover)
    assert (response.status_code, response.json().keys()) == (200, {"message"})
    assert json.loads((await asyncio.wait_for(told.get(), 10)).data) == {"user_id": ID}
    await connection.close()


@pytest.mark.spec("2.4", "already verified 400, no address 400")
async def test_request_needs_an_address_that_is_not_proven(http, prover, sql):
    sql("update users set email_verified = true where id = %s", ID)
    refused = await http.post(ASK, headers=prover)
    assert (refused.status_code, refused.json()) == (400, {"message": "Email already verified"})
    sql("update users set email_verified = false, email = '' where id = %s", ID)
    refused = await http.post(ASK, headers=prover)
    assert (refused.status_code, refused.json()) == (400, {"message": "Email address not found"})


async def test_mails_to_others_are_limited(http, sql, dev_token, problem):
    sql("insert into users (id, username, email) values (502, 'spammer', 'victim@map.example') on conflict do nothing")
    spammer = {"authorization": f"Bearer {dev_token}", "x-dev-user": "502:spammer"}
    for _ in range(10):
        await http.post(ASK, headers=spammer)
    assert problem(await http.post(ASK, headers=spammer), 429)["error"]["code"] == "RATE_LIMIT_EXCEEDED"


async def test_mails_to_one_mailbox_are_limited_however_many_ask(http, sql, dev_token, problem):
    answers = []
    for user_id in range(510, 517):
        sql("insert into users (id, username, email) values (%s, %s, 'Target@map.example')", user_id, f"u{user_id}")
        sql("update users set email = 'target@map.example' where id = %s", user_id) if user_id % 2 else None
        asker = {"authorization": f"Bearer {dev_token}", "x-dev-user": f"{user_id}:u{user_id}"}
        answers.append(await http.post(ASK, headers=asker))
    assert [one.status_code for one in answers] == [200] * 5 + [429] * 2
    assert problem(answers[-1], 429)["error"]["code"] == "RATE_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "email",
    ["a@map.example, b@map.example", "a@map.example\r\nBcc: b@map.example", "A <a@map.example>", "a@localhost",
     '"a,b@map.example"@map.example', "all:a@map.example;"],
)  # fmt: skip
async def test_address_of_a_profile_is_one_address(http, prover, problem, email):
    refused = await http.patch(ME, json={"email": email}, headers=prover)
    assert problem(refused, 400)["error"]["details"].keys() == {"email"}
    assert (await http.get(ME, headers=prover)).json()["email"] == ADDRESS


@pytest.mark.spec("23", "verify-email message")
@pytest.mark.spec("2.4", "GET /auth/me/verify-email/, verify sets the flag")
@pytest.mark.spec("2.4", "already verified 201")
async def test_link_proves_the_address_once_and_stays_friendly(http, prover, link):
    done = await http.get(VERIFY, params=link)
    assert (done.status_code, done.json().keys()) == (200, {"message"})
    me = (await http.get(ME, headers=prover)).json()
    assert (me["email_verified"], me["profile_completion_percentage"]) == (True, 75)
    again = await http.get(VERIFY, params=link)
    assert (again.status_code, again.json().keys()) == (200, {"message"})


@pytest.mark.spec("2.4", "verified before token")
async def test_nothing_but_a_right_token_tells_of_an_account(http, link, sql):
    """Ids of OpenStreetMap are known to everybody."""
    answers = {}
    for case, verified in (("verified", True), ("not verified", False)):
        sql("update users set email_verified = %s where id = %s", verified, ID)
        answers[case] = await http.get(VERIFY, params=link | {"token": "whatever"})
    answers["no account"] = await http.get(VERIFY, params=link | {"uid": verification.uid_of(999_999)})
    assert {(one.status_code, one.text) for one in answers.values()} == {(400, answers["no account"].text)}, answers


BAD = {
    "no uid": {"uid": ""}, "no token": {"token": ""}, "undecodable": {"uid": "%%%"}, "not a number": {"uid": "YWJj"},
    "unknown": {"uid": "OTk5OTk5"}, "too large": {"uid": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"},
    "wrong token": {"token": "abc"}, "umlauts": {"token": "tökén", "uid": "ü"},
}  # fmt: skip


@pytest.mark.spec("2.4", "wrong token 400, missing parameter 400, unknown uid 400")
@pytest.mark.parametrize("changes", BAD.values(), ids=BAD.keys())
async def test_bad_link_is_an_error(http, link, changes):
    refused = await http.get(VERIFY, params={name: v for name, v in (link | changes).items() if v})
    assert (refused.status_code, refused.json().keys()) == (400, {"error"})


@pytest.mark.spec("2.4", "token dies with the e-mail")
async def test_link_dies_with_another_address(http, prover, link):
    await http.patch(ME, json={"email": "other@map.example"}, headers=prover)
    assert (await http.get(VERIFY, params=link)).status_code == 400


@pytest.mark.spec("2.4", "expired token 400")
async def test_link_dies_after_three_days(http, link, monkeypatch):
    assert verification.LIFE == 3 * 86_400
    monkeypatch.setattr(verification, "LIFE", -1)
    assert (await http.get(VERIFY, params=link)).status_code == 400


def user(**changes) -> dict:
    return {"id": 1, "email": "a@b.example", "email_verified": False} | changes


@pytest.mark.spec("2.4", "wrong token 400")
def test_token_is_bound_to_everything_that_matters():
    token = verification.token_of(user(), "secret")
    assert verification.is_valid_proof(user(), token, "secret")
    for other in (user(id=2), user(email="a@c.example"), user(email_verified=True)):
        assert not verification.is_valid_proof(other, token, "secret")
    assert not verification.is_valid_proof(user(), token, "another secret")
    stamp, _, mac = token.partition(".")
    later = stamp[:-1] + ("B" if stamp.endswith("A") else "A")
    assert not verification.is_valid_proof(user(), f"{later}.{mac}", "secret"), "the time is signed, too"


@pytest.mark.parametrize("user_id", [1, -5, 10**12])
def test_uid_is_read_back(user_id):
    assert verification.user_id_of(verification.uid_of(user_id)) == user_id


async def test_only_services_get_links(running, caller: Caller, prover, sql):
    for actor in (ADMIN, Actor(id=ID, username="prover")):
        with pytest.raises(Forbidden):
            await caller.ask(GetVerificationLetter(user_id=ID), actor)
    sql("update users set email_verified = true where id = %s", ID)
    with pytest.raises(Conflict):
        await caller.ask(GetVerificationLetter(user_id=ID), SERVICE)


async def test_link_is_in_no_message(http, prover, link, sql, running):
    """Neither outbox nor inbox hold what proves an address."""
    await http.post(ASK, headers=prover)
    await http.get(VERIFY, params=link)
    await eventually(lambda: sql("select email_verified from users where id = %s", ID) == [(True,)])
    info = await running.nc.jetstream().stream_info("COMMANDS")
    for sequence in range(info.state.first_seq, info.state.last_seq + 1):
        with suppress(NotFoundError):  # judged some minutes ago
            message = await running.nc.jetstream().get_msg("COMMANDS", sequence)
            assert link["token"].encode() not in (message.data or b"")
