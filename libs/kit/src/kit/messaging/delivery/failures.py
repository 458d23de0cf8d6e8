"""How failures are handled: one table of data, read by one function, for messages and for jobs.

Whoever takes messages or jobs asks `decide` and does what it says. Nothing else counts attempts or chooses delays. Not
in the table, since it differs nowhere: what does not match its contract is a dead letter at once.
"""

import asyncio
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kit.errors import DomainError, Expired
from kit.outages import is_outage

Failure = Literal["late", "refusal", "outage", "shutdown", "error"]
"""`late` is a command that has expired, `refusal` another DomainError, `error` anything unexpected."""
DELAYS = (0.5, 2.0, 8.0, 15.0)
UNLIMITED = sys.maxsize


class WorkerShutdown(Exception):
    """A job raises it when it sees `JobContext.closing` and would not finish in time: another worker takes it at
    once."""


@dataclass(frozen=True)
class Rule:
    """What becomes of a delivery that met one kind of failure. The n-th entry of `delays` is the number of seconds
    before the next delivery; `paced_by` says what n counts, and the last entry holds from there on."""

    action: Literal["acknowledge", "redeliver", "dead_letter"]
    delays: tuple[float, ...] = (0.0,)
    paced_by: Literal["deliveries", "attempts", "outages"] = "deliveries"
    is_attempt: bool = True
    """False: the delivery is recorded as released (`released_deliveries`) and costs nothing."""
    limited: bool = False
    """Whether `FailurePolicy.max_attempts` ends it in a dead letter."""
    max_pause: float = 0.0
    """Maximum seconds that an error may ask for in its `retry_after`."""


@dataclass(frozen=True)
class FailurePolicy:
    """One row of the table. Times are in seconds."""

    rules: Mapping[Failure, Rule]
    heartbeat: float
    """Between two signs to the bus that the work goes on; below half of the `ack_wait` in `contracts.streams`."""
    max_wait: float
    """How long another server is waited for in place. A longer outage is waited for between deliveries, so that other
    messages get a turn."""
    max_attempts: int = UNLIMITED
    """Failures after which a dead letter follows."""
    max_crashes: int = UNLIMITED
    """Attempts after which a dead letter follows when the process died each time."""
    give_up_pause: float = 0.0
    """Before the next delivery of a job whose `on_give_up` failed."""
    count_from: int = UNLIMITED
    """First delivery at which released deliveries are looked up; before it, each delivery counts as an attempt."""


RETRY = Rule("redeliver", DELAYS, limited=True)
FOREVER = Rule("redeliver", DELAYS)
POLICIES: dict[str, FailurePolicy] = {
    "messages": FailurePolicy(
        {
            "late": Rule("dead_letter"),
            "refusal": RETRY,
            "outage": Rule("redeliver", DELAYS, is_attempt=False),
            "shutdown": Rule("redeliver"),
            "error": RETRY,
        },
        heartbeat=2.0, max_wait=45.0, max_attempts=5, max_crashes=20, count_from=5,
    ),
    "jobs": FailurePolicy(
        {
            "late": Rule("acknowledge"),
            "refusal": Rule("acknowledge"),
            "outage": Rule("redeliver", (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0), "outages", is_attempt=False),
            "shutdown": Rule("redeliver", is_attempt=False),
            "error": Rule("redeliver", DELAYS, "attempts", limited=True, max_pause=900.0),
        },
        heartbeat=7.0, max_wait=0.0, max_attempts=3, max_crashes=3, give_up_pause=8.0, count_from=2,
    ),
    "raw": FailurePolicy(
        {
            "late": FOREVER,
            "refusal": FOREVER,
            "outage": FOREVER,
            "shutdown": Rule("redeliver"),
            "error": FOREVER,
        },
        heartbeat=2.0, max_wait=45.0,
    ),
}  # fmt: skip
"""`messages` are commands and events: clients wait for them, so they wait in place for servers, and a refused command
has its verdict before it comes here. `jobs` hold a worker each: they wait between deliveries, and record a refusal
themselves. `raw` are messages of a whole stream that must be kept in any case."""


@dataclass(frozen=True)
class Deliveries:
    """How often a message has been delivered, this time included, and how many of these were no attempts."""

    number: int
    released: int = 0

    @property
    def attempts(self) -> int:
        """Deliveries that count."""
        return self.number - self.released


@dataclass(frozen=True)
class Decision:
    """What to do with a delivery; `delay` is in seconds."""

    action: Literal["acknowledge", "redeliver", "dead_letter"]
    delay: float = 0.0
    is_attempt: bool = True


def kind_of(error: BaseException) -> Failure:
    """Returns the kind of failure that an error stands for."""
    if isinstance(error, WorkerShutdown | asyncio.CancelledError):
        return "shutdown"
    if is_outage(error):
        return "outage"
    if isinstance(error, DomainError):
        return "late" if isinstance(error, Expired) else "refusal"
    return "error"


def rule_for(policy: str, error: BaseException) -> Rule:
    """Returns the rule of the policy for an error."""
    return POLICIES[policy].rules[kind_of(error)]


def decide(policy: str, error: BaseException, deliveries: Deliveries) -> Decision:
    """Returns what becomes of a delivery that ended with `error`. Delays have 20 % jitter, so that failures that come
    together spread."""
    rule = rule_for(policy, error)
    if rule.limited and deliveries.attempts >= POLICIES[policy].max_attempts:
        return Decision("dead_letter")
    asked = min(getattr(error, "retry_after", None) or 0.0, rule.max_pause)
    return Decision(rule.action, max(_delay(rule, deliveries), asked), rule.is_attempt)


def _delay(rule: Rule, deliveries: Deliveries) -> float:
    counts = {
        "deliveries": deliveries.number,
        "attempts": deliveries.attempts,
        "outages": deliveries.released + 1,
    }
    count = min(counts[rule.paced_by], len(rule.delays))
    return rule.delays[count - 1] * random.uniform(0.8, 1.2)


def crashed_too_often(policy: str, deliveries: Deliveries) -> str:
    """Returns the reason of the dead letter when the processes that took the message died too often, else an empty
    string."""
    limit = POLICIES[policy].max_crashes
    return f"given up after {limit} deliveries without an answer" if deliveries.attempts > limit else ""
