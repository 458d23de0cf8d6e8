"""An address gets nothing before it has proven that whoever runs it wants to be told."""

import pytest
from webhook_listener import Listener, sql

from contracts.notify import ListNotifications
from contracts.notify import webhooks as c
from kit.testing import Caller, eventually
from notify.webhooks.domain import WRONG_CHALLENGE

FAILS = "The server of this address answers with an error"
ECHO = '{"type": "webhook.verification", "data": {"challenge": "%s"}}'


async def test_address_that_answers_its_challenge_is_verified(somebody: Listener):
    assert (await somebody.begin())["verified"] is False
    row = await somebody.verified()
    call, proof = somebody.said()[0], (await somebody.log(proofs=True))[0]
    assert (call["type"], call["data"]["webhook"], row["reason"]) == ("webhook.verification", somebody.webhook, "")
    assert (proof["status"], proof["response_code"], proof["attempts"]) == ("delivered", 200, 1)
    assert call["data"]["challenge"] not in f"{row} {proof}", "nobody but the address is told it"
    await somebody.happens()
    await somebody.logged("delivered")


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"says": ""}, WRONG_CHALLENGE),
        ({"says": "an internal page"}, WRONG_CHALLENGE),
        ({"says": ECHO}, WRONG_CHALLENGE),
        ({"status": 410}, f"{FAILS} (HTTP 410)."),
        ({"status": 500}, f"{FAILS} (HTTP 500)."),
        ({"status": 307, "location": "/hook/elsewhere"}, f"{FAILS} (HTTP 307)."),
        ({"size": 10**12}, "The answer of this address is too large."),
    ],
)
async def test_other_answers_prove_nothing_and_are_not_shown(somebody: Listener, behaviour, words):
    somebody.receiver.put("/behaviour", json=behaviour)
    await somebody.begin()
    proof, row = await somebody.tried(1, proofs=True), await somebody.row()
    assert (row["verified"], row["reason"], proof["error"], proof["status"]) == (False, words, words, "queued")
    blamed = await sql(somebody.service, "select failures, active from webhooks where id = %s", somebody.webhook)
    assert blamed == [(0, True)], "only what it is told counts against an address"
    assert "/hook/elsewhere" not in [call["path"] for call in somebody.receiver.get("/requests").json()]


async def test_slow_deployment_is_asked_again_and_may_answer_in_plain_text(somebody: Listener):
    somebody.receiver.put("/behaviour", json={"status": 503})
    await somebody.begin()
    await somebody.tried(1, proofs=True)
    somebody.receiver.put("/behaviour", json={"says": "%s"})
    await somebody.again()
    assert (await somebody.verified())["reason"] == ""
    assert len({call["data"]["challenge"] for call in somebody.said()}) == 1


async def test_after_four_attempts_its_owner_has_to_ask_again(somebody: Listener):
    somebody.receiver.put("/behaviour", json={"says": ""})
    await somebody.begin()
    assert (await somebody.ask(c.VerifyWebhook)).code == "verification_under_way"
    for attempts in (1, 2, 3, 4):
        await somebody.tried(attempts, proofs=True)
        await somebody.again()
    assert [proof["status"] for proof in await somebody.log(proofs=True)] == ["failed"]
    assert ((await somebody.row())["reason"], len(somebody.got())) == (WRONG_CHALLENGE, 4)
    somebody.receiver.delete("/requests")
    asked = await somebody.ask(c.VerifyWebhook)
    assert (asked.http, asked.result["event_type"], asked.result["status"]) == (202, "webhook.verification", "queued")
    assert (await somebody.verified())["reason"] == ""
    assert (await somebody.ask(c.VerifyWebhook)).code == "webhook_verified"


async def test_nothing_else_is_sent_to_an_unverified_address(somebody: Listener, caller: Caller):
    somebody.receiver.put("/behaviour", json={"says": ""})
    await somebody.begin()
    await somebody.happens()
    await eventually(lambda: _told(caller, somebody))
    assert (await somebody.ask(c.PingWebhook)).code == "webhook_unverified"
    assert await somebody.log() == []
    await somebody.tried(1, proofs=True)
    assert {call["type"] for call in somebody.said()} == {"webhook.verification"}


async def _told(caller: Caller, somebody: Listener) -> bool:
    return (await caller.ask(ListNotifications(), somebody.person))["count"] == 1


async def test_what_waits_when_an_address_loses_its_proof_is_not_sent(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 500})
    await somebody.happens()
    await somebody.tried(1)
    await sql(somebody.service, "update webhooks set verified_at = null where id = %s", somebody.webhook)
    await somebody.again()
    row = (await somebody.logged("failed"))[0]
    assert (row["error"], len(somebody.got())) == ("The webhook is not verified.", row["attempts"])


async def test_new_address_is_asked_anew_and_gets_nothing_of_the_old_one(somebody: Listener, caller: Caller):
    await somebody.listen()
    assert (await somebody.change(url=somebody.url(), description="the same"))["verified"]
    somebody.receiver.put("/behaviour", json={"status": 500})
    await somebody.happens()
    await somebody.tried(1)
    moved = await somebody.change(url=somebody.url("/hook/new"))
    assert (moved["verified"], moved["reason"]) == (False, "")
    assert (await somebody.logged("failed"))[0]["error"] == "The webhook was given another address."
    await somebody.tried(1, proofs=True)
    somebody.receiver.put("/behaviour", json={})
    await somebody.again()
    await somebody.verified()
    await somebody.again()
    await somebody.happens()
    await somebody.logged("delivered", "failed")
    notified = [call["data"]["id"] for call in somebody.said("/hook/new") if call["type"] == "notification.created"]
    assert notified == [(await caller.ask(ListNotifications(), somebody.person))["results"][0]["id"]]


async def test_answer_of_the_old_address_does_not_verify_the_new_one(somebody: Listener, worker):
    somebody.receiver.put("/behaviour", json={"delay": 3})
    await somebody.begin()
    await eventually(lambda: len(somebody.got()) == 1)
    somebody.receiver.put("/behaviour", json={"says": ""})
    await somebody.change(url=somebody.url("/hook/new"))
    await somebody.tried(1, proofs=True)
    await worker()
    row, proofs = await somebody.row(), await somebody.log(proofs=True)
    assert (row["verified"], row["reason"]) == (False, WRONG_CHALLENGE)
    assert [proof["status"] for proof in proofs] == ["queued", "failed"]


async def test_address_that_was_switched_off_has_to_prove_itself_again(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 410})
    await somebody.happens()
    await somebody.logged("failed")
    row = await somebody.row()
    assert (row["active"], row["verified"]) == (False, False)
    somebody.receiver.put("/behaviour", json={"says": ""})
    row = await somebody.change(active=True)
    assert (row["active"], row["verified"], row["reason"]) == (True, False, "")
    await somebody.tried(1, proofs=True)
    await somebody.change(active=True)
    somebody.receiver.put("/behaviour", json={})
    await somebody.again()
    await somebody.verified()
    assert len(await somebody.log(proofs=True)) == 2, "one at a time"


async def test_pause_by_its_owner_asks_nobody(somebody: Listener):
    await somebody.listen()
    await somebody.change(active=False)
    assert (await somebody.change(active=True))["verified"]
    assert len(await somebody.log(proofs=True)) == 1
