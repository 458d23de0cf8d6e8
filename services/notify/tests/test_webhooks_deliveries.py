"""What arrives at a real receiver, how often, and what its owner can see of it."""

import base64
import json

import pytest
from webhook_listener import Listener, sql

from contracts.notify import ListNotifications
from contracts.notify import webhooks as c
from contracts.shared import Actor
from kit.testing import Caller, eventually
from notify.webhooks.domain import signature
from notify.webhooks.jobs import dispatcher


@pytest.mark.spec("11.2", "webhook by choice")
async def test_signed_call_says_what_the_notification_says(somebody: Listener, caller: Caller):
    await somebody.listen()
    await somebody.happens()
    row = (await somebody.logged("delivered"))[0]
    call, notification = somebody.got()[0], (await caller.ask(ListNotifications(), somebody.person))["results"][0]
    body, headers = base64.b64decode(call["body"]), call["headers"]
    said = json.loads(body)
    assert (said["type"], said["data"]) == ("notification.created", notification)
    assert said["data"]["related_obj"] == {"id": 3, "type": "training", "model": 5}
    assert headers["webhook-id"] == row["id"]
    signed = signature(somebody.secret, row["id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == signed
    assert (row["response_code"], row["attempts"], row["error"], row["next_attempt_at"]) == (200, 1, "", None)
    assert ((await somebody.row())["last_delivery_status"], row["event_type"]) == ("delivered", "notification.created")


@pytest.mark.spec("11.2", "webhook by choice, web by choice")
async def test_only_by_choice_and_the_row_is_always_there(somebody: Listener, caller: Caller):
    await somebody.listen("email")
    await somebody.happens()

    async def stored() -> int:
        return (await caller.ask(ListNotifications(), somebody.person))["count"]

    assert await eventually(stored) == 1
    assert await somebody.log() == []
    events = "select headers ->> 'ce-audience' from outbox where subject = 'evt.notify.v1.notification_created'"
    assert (await sql(somebody.service, f"{events} order by seq desc limit 1")) == [("",)]


async def test_failure_is_tried_again_with_the_same_id_and_body(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 503, "times": 2})
    await somebody.happens()
    first = await somebody.tried(1)
    assert (first["status"], first["response_code"], "HTTP 503" in first["error"]) == ("queued", 503, True)
    assert first["next_attempt_at"] > first["last_attempt_at"]
    await somebody.again()
    await somebody.tried(2)
    await somebody.again()
    row = (await somebody.logged("delivered"))[0]
    calls = somebody.got()
    assert (row["attempts"], len(calls), len({call["body"] for call in calls})) == (3, 3, 1)
    assert {call["headers"]["webhook-id"] for call in calls} == {row["id"]}
    await somebody.again()
    assert await somebody.due() == [3], "what is delivered is not sent again"


async def test_repeated_job_sends_once(somebody: Listener, caller: Caller):
    await somebody.listen()
    await somebody.happens()
    await somebody.logged("delivered")
    row = (await sql(somebody.service, "select max(id) from webhook_deliveries"))[0][0]
    await caller.publish(c.WebhookJob(delivery_id=row))
    await caller.publish(c.WebhookJob(delivery_id=2**60))
    await caller.send(c.PingWebhook(webhook_id=somebody.webhook), somebody.person)
    rows = await somebody.logged("delivered", "delivered")
    assert rows[0]["id"] != rows[1]["id"]
    assert [json.loads(base64.b64decode(call["body"]))["type"] for call in somebody.got()] == [
        "notification.created", "webhook.ping"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        ({"status": 307, "location": "/hook/elsewhere"}, "HTTP 307"),
        ({"status": 404}, "HTTP 404"),
        ({"delay": 11}, "in time"),
    ],
)
async def test_whoever_does_not_take_it_is_asked_again(somebody: Listener, behaviour, words):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={**behaviour, "times": 1})
    await somebody.happens()
    row = await somebody.tried(1)
    assert words in row["error"]
    assert "/hook/elsewhere" not in [call["path"] for call in somebody.receiver.get("/requests").json()]


async def test_endless_answer_is_not_read(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"size": 10**12})
    await somebody.happens()
    assert (await somebody.logged("delivered"))[0]["response_code"] == 200


async def test_after_the_last_attempt_it_is_given_up(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 500})
    await somebody.happens()
    await somebody.tried(1)
    await sql(somebody.service, "update webhook_deliveries set attempts = 10 where webhook_id = %s", somebody.webhook)
    await somebody.again()
    row = (await somebody.logged("failed"))[0]
    assert (row["attempts"], row["next_attempt_at"]) == (11, None)
    assert "HTTP 500" in row["error"]
    assert (await somebody.row())["active"]


async def test_gone_address_is_switched_off_and_its_owner_told(somebody: Listener, caller: Caller):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 410})
    await somebody.happens()
    await somebody.logged("failed")
    webhook = await somebody.row()
    assert (webhook["active"], webhook["reason"]) == (False, "It answered that it is gone (HTTP 410).")
    told = (await caller.ask(ListNotifications(), somebody.person))["results"][0]
    assert "switched off. It answered that it is gone" in told["message"]
    assert told["related_obj"] == {"id": somebody.webhook, "type": "webhook", "model": None}
    await somebody.happens()
    await eventually(lambda: _told(caller, somebody.person, 3))
    assert len(somebody.got()) == 1, "nothing is sent to it any more"


async def _told(caller: Caller, person: Actor, times: int) -> bool:
    return (await caller.ask(ListNotifications(), person))["count"] == times


async def test_days_of_failure_switch_it_off(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 500})
    await somebody.happens()
    await somebody.tried(1)
    await sql(
        somebody.service, "update webhooks set failing_since = now() - interval '5 days' where id = %s",
        somebody.webhook,
    )  # fmt: skip
    await somebody.again()
    await somebody.logged("failed")
    assert (await somebody.row())["reason"] == "It took nothing for five days."


async def test_only_the_oldest_asks_an_address_in_trouble(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 500})
    await somebody.happens()
    await somebody.tried(1)
    await somebody.happens()
    await eventually(lambda: _rows(somebody, 2))
    await somebody.again()
    await eventually(lambda: _failures(somebody, 2))
    assert [row["attempts"] for row in await somebody.logged("queued", "queued")] == [0, 2]
    assert len(somebody.got()) == 2
    somebody.receiver.delete("/requests")
    await somebody.again()
    await eventually(lambda: _failures(somebody, 0))
    await somebody.again()
    assert [row["attempts"] for row in await somebody.logged("delivered", "delivered")] == [1, 3]


async def test_nobody_else_asks_while_the_oldest_waits_for_an_answer(somebody: Listener):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 500})
    await somebody.happens()
    await somebody.tried(1)
    await somebody.happens()
    await eventually(lambda: _rows(somebody, 2))
    somebody.receiver.put("/behaviour", json={"status": 500, "delay": 1})
    await somebody.again()
    await eventually(lambda: len(somebody.got()) == 2)
    await dispatcher.dispatch(somebody.service)
    assert await somebody.due() == [0]
    await eventually(lambda: _failures(somebody, 2))


async def test_nobody_else_asks_while_no_worker_took_the_oldest(somebody: Listener, worker):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"status": 500})
    await somebody.happens()
    await somebody.tried(1)
    await somebody.happens()
    await eventually(lambda: _rows(somebody, 2))
    await worker()
    await somebody.again()
    await dispatcher.dispatch(somebody.service)
    assert await somebody.due() == [0]


async def _rows(somebody: Listener, number: int) -> bool:
    return len(await somebody.log()) == number


async def _failures(somebody: Listener, number: int) -> bool:
    return await sql(somebody.service, "select failures from webhooks where id = %s", somebody.webhook) == [(number,)]


async def test_ping_is_one_attempt_and_blames_nobody(somebody: Listener, caller: Caller):
    await somebody.listen()
    ping = c.PingWebhook(webhook_id=somebody.webhook)
    somebody.receiver.put("/behaviour", json={"status": 500, "delay": 0.5})
    assert (await caller.send(ping, somebody.person)).result["status"] == "queued"
    assert (await caller.send(ping, somebody.person)).code == "ping_under_way"
    row = (await somebody.logged("failed"))[0]
    assert (row["event_type"], row["attempts"], row["response_code"]) == ("webhook.ping", 1, 500)
    assert await _failures(somebody, 0)


async def test_slow_answer_holds_up_nobody(somebody: Listener, caller: Caller):
    await somebody.listen()
    somebody.receiver.put("/behaviour", json={"delay": 4, "times": 1})
    await somebody.happens()
    await eventually(lambda: len(somebody.got()) == 1)
    await caller.send(c.PingWebhook(webhook_id=somebody.webhook), somebody.person)
    await somebody.logged("delivered", "queued")
    await somebody.logged("delivered", "delivered")


async def test_private_addresses_are_never_called(somebody: Listener):
    await somebody.listen()
    await sql(somebody.service, "update webhooks set url = 'https://localhost./x' where id = %s", somebody.webhook)
    await somebody.happens()
    row = await somebody.tried(1)
    assert row["error"] == "This address is not on the public internet."
