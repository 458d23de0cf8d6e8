"""The answering side: takes batches, and sends the answers of one turn to one asker together. An answer waits for no
other one of its batch."""

import logging
from collections.abc import Callable, Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from contracts.nats_permissions import BatchKind, batch_subject
from kit.messaging.batching.frames import MAX_BYTES, Member, packed, unpacked
from kit.messaging.batching.turns import Turns
from kit.messaging.sized import sized

log = logging.getLogger("kit.batching")
Respond = Callable[[bytes, dict[str, str]], None]
"""Sends the answer of one member: body and headers."""


class BatchedAnswers:
    """One per kind and process. `take` gets the members of a batch, each with the function that answers it."""

    def __init__(
        self, nc: Client, service: str, kind: BatchKind, take: Callable[[Sequence[tuple[Member, Respond]]], None]
    ) -> None:
        self.nc, self.service, self.take = nc, service, take
        self.kind: BatchKind = kind
        self._turns = Turns[Member](self._send)
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Subscribes as one of the processes of the service: each batch comes to one of them."""
        subject = batch_subject(self.service, self.kind)
        self._subscription = await self.nc.subscribe(subject, queue=self.service, cb=self._on_batch)

    async def pause(self) -> None:
        """Takes no more batches."""
        if self._subscription:
            await self._subscription.unsubscribe()

    async def flush(self) -> None:
        """Returns when all answers are sent."""
        await self._turns.flush()

    async def _on_batch(self, msg: Msg) -> None:
        try:
            members = unpacked(msg.data)
        except (ValueError, TypeError) as error:
            log.error("batch.malformed", extra={"fields": {"subject": msg.subject, "reason": repr(error)}})
            return
        self.take([(member, self._responder(msg.reply, member.number)) for member in members])

    def _responder(self, reply: str, number: int) -> Respond:
        return lambda data, headers: self._turns.add(reply, Member(number, headers, data))

    async def _send(self, reply: str, answers: list[Member]) -> None:
        for batch in sized(answers, MAX_BYTES):
            try:
                await self.nc.publish(reply, packed(batch))
            except (NatsError, OSError) as error:  # who asked stops waiting by itself
                log.warning("answers.lost", extra={"fields": {"answers": len(batch), "reason": repr(error)}})
