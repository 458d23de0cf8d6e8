"""Moves a message to the stream DEAD, with the reason; and makes the headers of its replay."""

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import headers as h
from contracts.base import token
from kit.messaging.outbox.batch_publisher import Row
from kit.telemetry import metrics

MAX_REASON = 1_000
"""Characters of a reason."""
MAX_BODY = 200_000
"""Bytes of a body that is kept of an unsent message."""


async def dead_letter(msg: Msg, service: str, durable: str, reason: str) -> None:
    """Publishes the message on DEAD with its reason, stream, sequence and consumer. Returns after the stream has stored
    it; the server's deduplication makes a repeat harmless. Raises NATS errors."""
    place = msg.metadata
    headers = {
        **{k: v for k, v in (msg.headers or {}).items() if k != h.MSG_ID},
        h.REASON: " ".join(reason.split())[:MAX_REASON],
        h.STREAM: place.stream,
        h.SEQUENCE: str(place.sequence.stream),
        h.CONSUMER: durable,
        "fairway-subject": msg.subject,
        h.MSG_ID: f"{place.stream}:{place.sequence.stream}:{durable}:{(msg.headers or {}).get(h.REPLAY, 0)}",
    }
    await msg._client.jetstream().publish(f"dead.{token(service)}", msg.data, timeout=5, stream="DEAD", headers=headers)
    metrics.DEAD_LETTERS.labels(durable).inc()
    metrics.HANDLED.labels(durable, headers.get(h.TYPE, "unknown"), "buried").inc()


async def dead_letter_unsent(nc: Client, service: str, row: Row, reason: str) -> None:
    """Does the same for a row of the outbox that no stream accepts. Keeps the beginning of its body and not its
    subject, since it cannot be sent again. Raises NATS errors."""
    number, subject, original, data = row
    consumer = f"{service}-outbox"
    headers = {
        **original,
        h.REASON: f"{subject} of {len(data)} bytes was not published: {reason}"[:MAX_REASON],
        h.STREAM: "outbox",
        h.SEQUENCE: str(number),
        h.CONSUMER: consumer,
        h.MSG_ID: f"{consumer}:{number}",
    }
    body = bytes(data[:MAX_BODY])
    await nc.jetstream().publish(f"dead.{token(service)}", body, timeout=5, stream="DEAD", headers=headers)
    metrics.DEAD_LETTERS.labels(consumer).inc()


def replay_headers(headers: dict[str, str], consumer: str, letter: int, number: int) -> dict[str, str]:
    """Returns the headers of replay `number` of the dead letter with id `letter`. Only the durable `consumer` takes it,
    and repeating the replay after a crash sends nothing twice."""
    return {
        **headers,
        h.REPLAY: str(number),
        h.TARGET_CONSUMER: consumer,
        h.MSG_ID: f"{headers.get(h.ID, letter)}:r{letter}.{number}",
    }
