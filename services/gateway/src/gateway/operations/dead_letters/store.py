"""Stores messages that no consumer could process, for administrators."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import psycopg
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError

from contracts import headers as h
from contracts.gateway import DeadLetterRecorded
from gateway.operations.dead_letters.tables import DeadLetterRow
from kit.app import Service
from kit.db.ids import IdAllocator
from kit.messaging import staging
from kit.messaging.bus import Bus
from kit.messaging.tx import Tx
from kit.telemetry import metrics

SUBJECT = "fairway-subject"
OURS = (h.REASON, h.STREAM, h.SEQUENCE, h.CONSUMER, SUBJECT, h.MSG_ID)


@dataclass(frozen=True)
class FailedMessage:
    """A message and the reason of its failure; `consumer` is the durable that could not process it."""

    stream: str
    sequence: int
    consumer: str
    subject: str
    headers: dict[str, str]
    data: bytes
    reason: str
    deliveries: int

    @property
    def service(self) -> str:
        return self.consumer.partition("-")[0]


class DeadLetters:
    """Both sources end here. A message is stored once, however often and from whichever source it arrives."""

    def __init__(self, service: Service) -> None:
        self.service, self.ids = service, IdAllocator(service.db)

    async def on_dead(self, msg: Msg) -> None:
        await self.store(from_dead_stream(msg.headers or {}, msg.data))

    async def on_advisory(self, msg: Msg) -> None:
        letter = await from_advisory(orjson.loads(msg.data), self.service.bus)
        if await self.store(letter):
            metrics.DEAD_LETTERS.labels(letter.consumer).inc()

    async def store(self, letter: FailedMessage) -> bool:
        """Returns whether it is new."""
        letter_id = await self.ids.next(DeadLetterRow)
        try:
            async with self.service.tx() as tx:
                _record(letter_id, letter, tx)
        except psycopg.errors.UniqueViolation:
            return False
        return True


def _record(letter_id: int, letter: FailedMessage, tx: Tx) -> None:
    tx.insert(
        DeadLetterRow, id=letter_id, stream=letter.stream, sequence=letter.sequence, consumer=letter.consumer,
        service=letter.service, subject=letter.subject, type=letter.headers.get(h.TYPE, ""), state="open",
        headers=letter.headers, data=letter.data, reason=letter.reason, deliveries=letter.deliveries, replays=0,
    )  # fmt: skip
    tx.emit(DeadLetterRecorded(
        dead_letter_id=letter_id, service=letter.service, message_subject=letter.subject, reason=letter.reason
    ))  # fmt: skip


def from_dead_stream(headers: Mapping[str, str], data: bytes) -> FailedMessage:
    """Reads a message that `kit.messaging.delivery.dead_letters` wrote."""
    original = {k: v for k, v in headers.items() if k not in OURS and not k.startswith("Nats-")}
    return FailedMessage(
        headers.get(h.STREAM, ""), int(headers.get(h.SEQUENCE, 0)), headers.get(h.CONSUMER, ""),
        headers.get(SUBJECT, ""), original, data, headers.get(h.REASON, ""), deliveries=0,
    )  # fmt: skip


async def from_advisory(advisory: dict, bus: Bus) -> FailedMessage:
    """The server gave up a message that killed its workers; the original is still in its stream, unless it expired."""
    stream, sequence = advisory["stream"], advisory["stream_seq"]
    try:
        original = await bus.js.get_msg(stream, sequence)
        subject, headers = original.subject or "", dict(original.headers or {})
        data = await staging.body(bus.storage, original.data or b"", headers)
    except (NotFoundError, staging.Gone):
        subject, headers, data = "", {}, b""
    kept = {k: v for k, v in headers.items() if k not in OURS}
    reason = f"given up after {advisory['deliveries']} deliveries without an answer"
    return FailedMessage(stream, sequence, advisory["consumer"], subject, kept, data, reason, advisory["deliveries"])
