"""A query that waits for its answer."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from opentelemetry.trace import SpanKind

from contracts import headers as h
from kit.messaging.batching.answers import Respond
from kit.messaging.deadline import deadline, requested_timeout
from kit.messaging.queries.query_answers import count_ended
from kit.telemetry import tracing

MAX_SECONDS = 75.0
"""Seconds for one answer when the caller does not say how long it waits."""


@dataclass(frozen=True)
class Question:
    """A query as it arrived; its caller waits until `end`, a time of `time.monotonic`."""

    subject: str
    headers: dict[str, str]
    data: bytes
    end: float
    respond: Respond

    @property
    def kind(self) -> str:
        """Its CloudEvents type."""
        return self.headers.get(h.TYPE, "unknown")

    def has_ended(self) -> bool:
        """Whether nobody waits for its answer any more; counts it then."""
        is_over = time.monotonic() > self.end
        if is_over:
            count_ended(self.headers, "waiting")
        return is_over


def question_of(subject: str, headers: dict[str, str], data: bytes, respond: Respond) -> Question:
    """Returns the query; its caller's patience counts from now."""
    end = time.monotonic() + requested_timeout(headers, MAX_SECONDS)
    return Question(subject, headers, data, end, respond)


@contextmanager
def handling(questions: Sequence[Question]) -> Iterator[None]:
    """A span for each query in its own trace, where spans are exported; the lines of the log under the first; the work
    ends when nobody waits."""
    first = questions[0]
    with ExitStack() as stack:
        stack.enter_context(tracing.handling(first.subject, first.headers))
        for one in reversed(questions if tracing.exporting() else [first]):
            stack.enter_context(tracing.span(f"process {one.kind}", SpanKind.SERVER, one.headers))
        stack.enter_context(deadline(max(one.end for one in questions)))
        yield
