"""What nobody could handle, kept where people can look at it."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import psycopg
from nats.aio.msg import Msg
from nats.js.errors import NotFoundError

from contracts import headers as h
from contracts.gateway import DeadLetterRecorded
from gateway.dead_letters.tables import DeadLetterRow
from kit import metrics
from kit.app import Service
from kit.ids import Ids
from kit.messaging.bus import Bus
from kit.messaging.tx import Tx

SUBJECT = "fairway-subject"
OURS = (h.REASON, h.STREAM, h.SEQUENCE, h.CONSUMER, SUBJECT, h.MSG_ID)


@dataclass(frozen=True)
class Letter:
    """A message and why it died; `consumer` is the durable that could not handle it."""

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
    """Both taps end here. A letter is stored once, whatever way and however often it comes."""

    def __init__(self, service: Service) -> None:
        self.service, self.ids = service, Ids(service.db)

    async def on_dead(self, msg: Msg) -> None:
        await self.store(of_dead(msg.headers or {}, msg.data))

    async def on_advisory(self, msg: Msg) -> None:
        letter = await of_advisory(orjson.loads(msg.data), self.service.bus)
        if await self.store(letter):
            metrics.DEAD_LETTERS.labels(letter.consumer).inc()

    async def store(self, letter: Letter) -> bool:
        """Whether it is a new one."""
        letter_id = await self.ids.next(DeadLetterRow)
        try:
            async with self.service.tx() as tx:
                _record(letter_id, letter, tx)
        except psycopg.errors.UniqueViolation:
            return False
        return True


def _record(letter_id: int, letter: Letter, tx: Tx) -> None:
    tx.insert(
        DeadLetterRow, id=letter_id, stream=letter.stream, sequence=letter.sequence, consumer=letter.consumer,
        service=letter.service, subject=letter.subject, type=letter.headers.get(h.TYPE, ""), state="open",
        headers=letter.headers, data=letter.data, reason=letter.reason, deliveries=letter.deliveries, replays=0,
    )  # fmt: skip
    tx.emit(DeadLetterRecorded(
        dead_letter_id=letter_id, service=letter.service, message_subject=letter.subject, reason=letter.reason
    ))  # fmt: skip


def of_dead(headers: Mapping[str, str], data: bytes) -> Letter:
    """As `kit.messaging.dead` wrote it."""
    original = {k: v for k, v in headers.items() if k not in OURS and not k.startswith("Nats-")}
    return Letter(
        headers.get(h.STREAM, ""), int(headers.get(h.SEQUENCE, 0)), headers.get(h.CONSUMER, ""),
        headers.get(SUBJECT, ""), original, data, headers.get(h.REASON, ""), deliveries=0,
    )  # fmt: skip


async def of_advisory(advisory: dict, bus: Bus) -> Letter:
    """The server gave up on a message that killed its workers; the original is still in its stream, unless too old."""
    stream, sequence = advisory["stream"], advisory["stream_seq"]
    try:
        original = await bus.js.get_msg(stream, sequence)
        subject, headers, data = original.subject or "", dict(original.headers or {}), original.data or b""
    except NotFoundError:
        subject, headers, data = "", {}, b""
    kept = {k: v for k, v in headers.items() if k not in OURS}
    reason = f"given up after {advisory['deliveries']} deliveries without an answer"
    return Letter(stream, sequence, advisory["consumer"], subject, kept, data, reason, advisory["deliveries"])
