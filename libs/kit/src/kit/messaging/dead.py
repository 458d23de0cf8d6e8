"""Setting a message aside, with its reason, on the stream DEAD; and its headers when it is sent once more."""

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import headers as h
from contracts.base import token
from kit import metrics
from kit.messaging.acks import Row

LIMIT = 1_000
BEGINNING = 200_000


async def bury(msg: Msg, service: str, durable: str, reason: str) -> None:
    """Acknowledged by the stream before it returns; the server's dedup id makes a repeat harmless."""
    place = msg.metadata
    headers = {
        **{k: v for k, v in (msg.headers or {}).items() if k != h.MSG_ID},
        h.REASON: " ".join(reason.split())[:LIMIT],
        h.STREAM: place.stream,
        h.SEQUENCE: str(place.sequence.stream),
        h.CONSUMER: durable,
        "fairway-subject": msg.subject,
        h.MSG_ID: f"{place.stream}:{place.sequence.stream}:{durable}:{(msg.headers or {}).get(h.REPLAY, 0)}",
    }
    await msg._client.jetstream().publish(f"dead.{token(service)}", msg.data, timeout=5, stream="DEAD", headers=headers)
    metrics.DEAD_LETTERS.labels(durable).inc()
    metrics.HANDLED.labels(durable, headers.get(h.TYPE, "unknown"), "buried").inc()


async def bury_unsent(nc: Client, service: str, row: Row, reason: str) -> None:
    """Of a row of the outbox that no stream takes: with the beginning of its body, and without its subject, as it
    cannot be sent again."""
    number, subject, original, data = row
    consumer = f"{service}-outbox"
    headers = {
        **original,
        h.REASON: f"{subject} of {len(data)} bytes was not published: {reason}"[:LIMIT],
        h.STREAM: "outbox",
        h.SEQUENCE: str(number),
        h.CONSUMER: consumer,
        h.MSG_ID: f"{consumer}:{number}",
    }
    body = bytes(data[:BEGINNING])
    await nc.jetstream().publish(f"dead.{token(service)}", body, timeout=5, stream="DEAD", headers=headers)
    metrics.DEAD_LETTERS.labels(consumer).inc()


def revived(headers: dict[str, str], consumer: str, letter: int, number: int) -> dict[str, str]:
    """Of replay `number` of a dead letter: only the durable that gave up takes it, and repeating the replay after a
    crash sends nothing twice."""
    return {
        **headers,
        h.REPLAY: str(number),
        h.ONLY: consumer,
        h.MSG_ID: f"{headers.get(h.ID, letter)}:r{letter}.{number}",
    }
