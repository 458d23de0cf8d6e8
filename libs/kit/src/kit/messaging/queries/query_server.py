"""Answers queries on core NATS, with the service as queue group: single ones by request and reply, and batches. Every
query gets an answer, errors included.

Handlers may return a contract, plain JSON values, or `bytes` that are JSON already (PostgreSQL can write it). The
queries of a batch are answered at the same time, each by itself; those of one type that has a handler for many go
through it together.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Collection, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from sqlalchemy.exc import DBAPIError

from contracts import headers as h
from kit.db.database import TRANSIENT, Database
from kit.errors import Internal, Unavailable
from kit.messaging.batching.answers import BatchedAnswers, Respond
from kit.messaging.batching.frames import Member
from kit.messaging.batching.turns import Turns
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.bus import QUERY_WAIT
from kit.messaging.deadline import remaining
from kit.messaging.envelope import Asked, Envelope, opened
from kit.messaging.queries.query_answers import Answer, answer_of, count_ended, is_lost, refusal_of
from kit.messaging.queries.question import MAX_SECONDS, Question, handling, question_of
from kit.messaging.queries.worker_queries import pass_on, serving_subject, worker_subject
from kit.messaging.router import Route
from kit.messaging.tx import ReadTx
from kit.process.tasks import PersistentTimeout, wait_or_cancel
from kit.telemetry import metrics

log = logging.getLogger("kit.answers")
MAX_CONCURRENT = 64
ENDING = refusal_of(Unavailable("ending", "This process is ending, try again."))
STOP_TIMEOUT = 12.0
"""Seconds for the answers under way when the service ends; callers of the others are asked to try again."""
MAX_AGE = timedelta(seconds=QUERY_WAIT * 5 + 60)
"""Age of a query whose caller has gone, with a minute for clocks that differ more than was measured."""


class QueryServer:
    """Runs at most `MAX_CONCURRENT` handlers at a time; `routes` maps CloudEvents types to bound routes, `passed_on`
    are the types that a worker answers."""

    def __init__(
        self, service: str, routes: dict[str, Route], db: Database, nc: Client, passed_on: Collection[str] = ()
    ) -> None:  # fmt: skip
        self.service, self.routes, self.db, self.nc, self.passed_on = service, routes, db, nc, passed_on
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None
        self._batches = BatchedAnswers(nc, service, "queries", self._take)
        self._replies = Turns[Answer](self._reply)

    async def start(self) -> None:
        """Subscribes to the queries of the service."""
        await self._listen(serving_subject(self.service))
        await self._batches.start()

    async def _listen(self, subject: str) -> None:
        self._subscription = await self.nc.subscribe(subject, queue=self.service, cb=self._accept)

    async def stop(self) -> None:
        """Takes no more queries and ends those under way; the client must still be open for the last answers."""
        if self._subscription:
            await self._subscription.unsubscribe()
        await self._batches.pause()
        await wait_or_cancel(self._tasks, STOP_TIMEOUT)
        await self._replies.flush()
        await self._batches.flush()

    async def _accept(self, msg: Msg) -> None:
        respond = partial(self._replies.add, msg.reply)
        self._begin([question_of(msg.subject, msg.headers or {}, msg.data, lambda data, told: respond((data, told)))])

    def _take(self, members: Sequence[tuple[Member, Respond]]) -> None:
        """Begins the answers of a batch."""
        together = defaultdict[str, list[Question]](list)
        for member, respond in members:
            question = question_of(member.headers.get(h.TYPE, ""), member.headers, member.data, respond)
            route = self.routes.get(question.kind)
            if route and route.batch:
                together[question.kind].append(question)
            else:
                self._begin([question])
        for questions in together.values():
            self._begin(questions)

    def _begin(self, questions: list[Question]) -> None:
        task = asyncio.create_task(self._answer(questions))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reply(self, subject: str, answers: list[Answer]) -> None:
        for data, headers in answers:
            await self.nc.publish(subject, data, headers=headers or None)

    async def _answer(self, questions: list[Question]) -> None:
        """Answers one query, or several of one type that has a handler for many."""
        async with self._slots:
            waiting = [one for one in questions if not one.has_ended()]
            if len(waiting) == 1:
                await self._alone(waiting[0])
            elif waiting and not await self._together(waiting):
                for one in waiting:
                    self._begin([one])

    async def _alone(self, question: Question) -> None:
        started = time.perf_counter()
        with handling([question]):
            try:
                if answer := await self._answered(question):
                    question.respond(*answer)
            except asyncio.CancelledError:
                question.respond(*ENDING)
                raise
            except Exception as error:
                question.respond(*refusal_of(error))
        metrics.QUERY_SECONDS.labels(question.kind).observe(time.perf_counter() - started)

    async def _answered(self, question: Question) -> Answer | None:
        """Returns None when the caller has gone."""
        if question.kind in self.passed_on:
            return await pass_on(self.nc, self.service, question)
        envelope = opened(question.data, question.headers)
        return None if _is_left_over(envelope) else answer_of(await self._run(envelope))

    async def _together(self, questions: list[Question]) -> bool:
        """Returns False, with nothing answered, when the handler for many fails: then each is answered alone, so that
        only the one at fault is refused."""
        started = time.perf_counter()
        with handling(questions):
            try:
                envelopes = [opened(one.data, one.headers) for one in questions]
                results = await self._many(self.routes[questions[0].kind], envelopes)
            except asyncio.CancelledError:
                for one in questions:
                    one.respond(*ENDING)
                raise
            except Exception as error:
                facts = {"type": questions[0].kind, "queries": len(questions), "reason": repr(error)}
                log.warning("queries.parted", extra={"fields": facts})
                return False
        for one, result in zip(questions, results, strict=True):
            one.respond(*answer_of(result))
            metrics.QUERY_SECONDS.labels(one.kind).observe(time.perf_counter() - started)
        return True

    async def _run(self, envelope: Envelope) -> Any:
        route = self.routes.get(envelope.headers[h.TYPE])
        if route is None:
            raise Internal("unknown_query", f"{self.service} does not answer {envelope.headers[h.TYPE]}")
        try:
            return await self._read(route, envelope)
        except (*TRANSIENT, DBAPIError) as error:
            if not is_lost(error):
                raise
        return await self._read(route, envelope)  # the pool held a connection from before a restart

    async def _read(self, route: Route, envelope: Envelope) -> Any:
        if route.batch:
            return (await self._many(route, [envelope]))[0]
        read = ReadTx(self.db, envelope.actor)
        try:
            return await _in_time(envelope, route.handler(envelope.message, read))
        finally:
            await read.close()

    async def _many(self, route: Route, envelopes: Sequence[Envelope]) -> Sequence[Any]:
        asked = [Asked.of(one) for one in envelopes]
        return await _in_time(envelopes[0], route.handler(asked))


class WorkerQueryServer(QueryServer):
    """Answers in a worker what the serving processes pass on."""

    async def start(self) -> None:
        await self._listen(worker_subject(self.service))


def _is_left_over(envelope: Envelope) -> bool:
    return BROKER_CLOCK.now() - envelope.sent_at > MAX_AGE


async def _in_time(envelope: Envelope, work: Awaitable[Any]) -> Any:
    try:
        async with PersistentTimeout(remaining(MAX_SECONDS)):
            return await work
    except TimeoutError as error:
        if remaining(MAX_SECONDS) <= 0:
            count_ended(envelope.headers, "working")
        raise Unavailable("too_slow", "The answer took too long, try again.") from error
