"""Messages nobody could handle: stored once, shown, sent again to the one who failed, or thrown away."""

import json
from uuid import uuid4

import nats
import pytest
from prometheus_client import REGISTRY

from contracts import headers as h
from contracts.gateway import DeadLetterRecorded
from kit.testing import eventually

BODY = b'{"training_id": 1, "broken": true}'


async def bury(nc: nats.NATS, sequence: int, reason: str, subject: str = "evt.training.v1.training_failed") -> str:
    """As `kit.messaging.delivery.dead_letters` does it; the id of the message."""
    message_id = str(uuid4())
    headers = {
        h.ID: message_id, h.TYPE: "evt.training.v1.training_failed", h.ACTOR: '{"id": 7}', h.REASON: reason,
        h.STREAM: "EVENTS", h.SEQUENCE: str(sequence), h.CONSUMER: "notify-events-v1", "fairway-subject": subject,
    }  # fmt: skip
    await nc.jetstream().publish("dead.notify", BODY, stream="DEAD", headers=headers)
    return message_id


def buried(durable: str) -> float:
    return REGISTRY.get_sample_value("fairway_dead_letters_total", {"durable": durable}) or 0


@pytest.fixture
async def nc(nats_url):
    connection = await nats.connect(nats_url)
    yield connection
    await connection.close()


@pytest.fixture
def letter(http, chief):
    """Waits for the letter with that reason."""

    async def found(reason: str) -> dict:
        async def look():
            rows = (await http.get("/api/v1/dead-letters/", params={"search": reason}, headers=chief)).json()["results"]
            return rows[0] if rows else None

        return await eventually(look)

    return found


async def test_dead_message_is_stored_once_and_told(nc, letter, http, chief):
    told = await nc.subscribe(DeadLetterRecorded.subject())
    reason = f"KeyError {uuid4()}"
    message_id = await bury(nc, 900_001, reason)
    row = await letter(reason)
    alarm = DeadLetterRecorded.model_validate_json((await told.next_msg(10)).data)
    assert (alarm.dead_letter_id, alarm.service, alarm.reason) == (row["id"], "notify", reason)
    assert (row["consumer"], row["sequence"], row["state"]) == ("notify-events-v1", 900_001, "open")
    await bury(nc, 900_001, f"again {reason}")
    await bury(nc, 900_002, other := f"other {uuid4()}")
    await letter(other)
    rows = (await http.get("/api/v1/dead-letters/", params={"search": reason}, headers=chief)).json()
    assert rows["count"] == 1
    whole = (await http.get(f"/api/v1/dead-letters/{row['id']}/", headers=chief)).json()
    assert json.loads(whole["data"]) == json.loads(BODY)
    assert whole["headers"][h.ID] == message_id
    assert h.REASON not in whole["headers"]


async def test_replay_sends_the_original_to_the_one_who_failed(nc, letter, http, chief, problem):
    seen = await nc.subscribe("evt.training.v1.training_failed")
    message_id = await bury(nc, 900_010, reason := f"replay {uuid4()}")
    row = await letter(reason)
    place = f"/api/v1/dead-letters/{row['id']}"
    replayed = (await http.post(f"{place}/replay/", headers=chief)).json()
    assert (replayed["state"], replayed["replays"], replayed["changed_by"]) == ("replayed", 1, 9)
    msg = await seen.next_msg(10)
    assert msg.data == BODY
    assert (msg.headers[h.ID], msg.headers[h.REPLAY], msg.headers[h.TARGET_CONSUMER]) == (
        message_id,
        "1",
        "notify-events-v1",
    )
    assert msg.headers[h.MSG_ID].startswith(f"{message_id}:r")
    problem(await http.post(f"{place}/replay/", headers=chief), 409)
    problem(await http.post(f"{place}/discard/", headers=chief), 409)


async def test_discarded_letter_stays_on_record(nc, letter, http, chief, mapper, problem):
    await bury(nc, 900_020, reason := f"discard {uuid4()}")
    row = await letter(reason)
    place = f"/api/v1/dead-letters/{row['id']}/discard"
    problem(await http.post(place, headers=mapper), 403)
    assert (await http.post(place, headers=chief)).json()["state"] == "discarded"
    listed = await http.get("/api/v1/dead-letters/?state=discarded&service=notify", headers=chief)
    assert row["id"] in [r["id"] for r in listed.json()["results"]]
    problem(await http.get("/api/v1/dead-letters/99999999/", headers=chief), 404)


async def test_given_up_message_is_found_by_the_advisory(nc, letter):
    """The original is looked up in its stream, by the place that the server names."""
    ack = await nc.jetstream().publish("evt.training.v1.training_stopped", BODY, headers={h.ID: str(uuid4())})
    advisory = {"stream": "EVENTS", "consumer": "catalog-events-v1", "stream_seq": ack.seq, "deliveries": 20}
    subject = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVENTS.catalog-events-v1"
    counted = buried("catalog-events-v1")
    await nc.publish(subject, json.dumps(advisory).encode())
    await nc.publish(subject, json.dumps(advisory).encode())
    row = await letter("20 deliveries")
    await nc.publish(subject, json.dumps(advisory | {"stream_seq": 888_887, "deliveries": 19}).encode())
    await letter("19 deliveries")
    await eventually(lambda: buried("catalog-events-v1") == counted + 2)
    assert (row["service"], row["sequence"], row["deliveries"]) == ("catalog", ack.seq, 20)
    assert row["subject"] == "evt.training.v1.training_stopped"


async def test_message_that_is_gone_is_recorded_without_body(nc, letter, http, chief, problem):
    advisory = {"stream": "EVENTS", "consumer": "catalog-events-v1", "stream_seq": 888_888, "deliveries": 21}
    subject = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.EVENTS.catalog-events-v1"
    await nc.publish(subject, json.dumps(advisory).encode())
    row = await letter("21 deliveries")
    problem(await http.post(f"/api/v1/dead-letters/{row['id']}/replay/", headers=chief), 409)
