"""Queries whose answer needs what only workers have, such as GDAL: the serving process passes them on to one of the
workers of its service (docs/decisions/0136)."""

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from contracts.base import Query
from kit.errors import Unavailable
from kit.messaging.deadline import remaining, timeout_header
from kit.messaging.queries.query_answers import Answer
from kit.messaging.queries.question import MAX_SECONDS, Question
from kit.telemetry.tracing import inject


def serving_subject(service: str) -> str:
    """Returns the subjects of all queries to the service: kind, owner, version, name."""
    return f"{Query.kind}.{service}.*.*"


def worker_subject(service: str, rest: str = "*.*") -> str:
    """Returns the subject on which workers get a query, or all of them. It has a token more than the service listens
    to, and needs no permission that the service has not."""
    return f"{Query.kind}.{service}.workers.{rest}"


async def pass_on(nc: Client, service: str, question: Question) -> Answer:
    """Returns the answer of a worker. Raises Unavailable when there is no worker, or none that answers in time."""
    left = remaining(MAX_SECONDS)
    headers = question.headers | timeout_header(left)
    subject = worker_subject(service, question.kind.removeprefix(f"{Query.kind}.{service}."))
    try:
        answer = await nc.request(subject, question.data, left, headers=inject(headers))
    except NoRespondersError as error:
        raise Unavailable("no_worker", f"No worker of {service} is there to answer this. Try again.") from error
    except NatsError as error:
        raise Unavailable("too_slow", "The answer took too long, try again.") from error
    return answer.data, answer.headers or {}
