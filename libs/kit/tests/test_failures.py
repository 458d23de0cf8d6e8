"""The table of failures, row by row, without servers."""

import asyncio

import psycopg
import pytest
from short_waits import DECLARED_GROUPS, DECLARED_POLICIES

from contracts.streams import CONSUMER_GROUPS
from kit.errors import Conflict, Expired, Misconfigured, RateLimited, Unavailable
from kit.messaging.delivery import failures
from kit.messaging.delivery.failures import POLICIES, Deliveries, WorkerShutdown, crashed_too_often, decide

BUG, AWAY = RuntimeError("a bug"), Unavailable("store_unavailable", "The object store is away.")
LOST = psycopg.OperationalError("server closed the connection unexpectedly")
LATE, REFUSED = Expired("expired", "Too late."), Conflict("taken", "Taken.")


class Busy(Exception):
    """A server that asks for a pause."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after


@pytest.fixture(autouse=True)
def _as_declared_without_jitter(monkeypatch):
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    for name, policy in DECLARED_POLICIES.items():
        monkeypatch.setitem(POLICIES, name, policy)
    for name, group in DECLARED_GROUPS.items():
        monkeypatch.setitem(CONSUMER_GROUPS, name, group)


TABLE = [
    # policy, error, deliveries, released, action, delay, attempt
    ("messages", BUG, 1, 0, "redeliver", 0.5, True),
    ("messages", BUG, 4, 0, "redeliver", 15.0, True),
    ("messages", BUG, 5, 0, "dead_letter", 0.0, True),
    ("messages", BUG, 5, 1, "redeliver", 15.0, True),
    ("messages", REFUSED, 1, 0, "redeliver", 0.5, True),
    ("messages", REFUSED, 5, 0, "dead_letter", 0.0, True),
    ("messages", Misconfigured("refused", "No such bucket."), 5, 0, "dead_letter", 0.0, True),
    ("messages", LATE, 2, 0, "dead_letter", 0.0, True),
    ("messages", AWAY, 1, 0, "redeliver", 0.5, False),
    ("messages", LOST, 900, 899, "redeliver", 15.0, False),
    ("messages", asyncio.CancelledError(), 7, 0, "redeliver", 0.0, True),
    ("messages", Busy(600), 1, 0, "redeliver", 0.5, True),
    ("jobs", BUG, 1, 0, "redeliver", 0.5, True),
    ("jobs", BUG, 2, 0, "redeliver", 2.0, True),
    ("jobs", BUG, 3, 0, "dead_letter", 0.0, True),
    ("jobs", BUG, 12, 10, "redeliver", 2.0, True),
    ("jobs", REFUSED, 1, 0, "acknowledge", 0.0, True),
    ("jobs", LATE, 1, 0, "acknowledge", 0.0, True),
    ("jobs", Misconfigured("refused", "No such bucket."), 1, 0, "acknowledge", 0.0, True),
    ("jobs", RateLimited("busy", "Busy.", retry_after=60), 1, 0, "acknowledge", 0.0, True),
    ("jobs", AWAY, 1, 0, "redeliver", 0.5, False),
    ("jobs", AWAY, 5, 4, "redeliver", 8.0, False),
    ("jobs", LOST, 900, 899, "redeliver", 30.0, False),
    ("jobs", WorkerShutdown(), 3, 0, "redeliver", 0.0, False),
    ("jobs", asyncio.CancelledError(), 3, 0, "redeliver", 0.0, False),
    ("jobs", Busy(60), 1, 0, "redeliver", 60.0, True),
    ("jobs", Busy(86_400), 2, 0, "redeliver", 900.0, True),
    ("jobs", Busy(60), 3, 0, "dead_letter", 0.0, True),
    ("raw", BUG, 1, 0, "redeliver", 0.5, True),
    ("raw", AWAY, 1_000, 0, "redeliver", 15.0, True),
    ("raw", asyncio.CancelledError(), 1, 0, "redeliver", 0.0, True),
]


@pytest.mark.parametrize(("policy", "error", "number", "released", "action", "delay", "attempt"), TABLE)
def test_what_becomes_of_a_delivery(policy, error, number, released, action, delay, attempt):
    decision = decide(policy, error, Deliveries(number, released))
    assert (decision.action, decision.delay, decision.is_attempt) == (action, delay, attempt)


@pytest.mark.parametrize(("policy", "limit"), [("messages", 20), ("jobs", 3)])
def test_who_kills_its_process_each_time_is_given_up(policy, limit):
    assert crashed_too_often(policy, Deliveries(limit)) == ""
    assert crashed_too_often(policy, Deliveries(limit + 1)) == f"given up after {limit} deliveries without an answer"
    assert crashed_too_often(policy, Deliveries(limit + 9, released=9)) == ""


def test_what_must_be_kept_is_never_given_up():
    assert crashed_too_often("raw", Deliveries(10_000)) == ""


def test_every_policy_has_a_rule_for_every_failure():
    for policy in POLICIES.values():
        assert set(policy.rules) == set(failures.Failure.__args__)


def test_what_costs_no_attempt_is_never_a_dead_letter():
    """However long the outage lasts."""
    for policy in POLICIES.values():
        assert [rule for rule in policy.rules.values() if not rule.is_attempt and rule.limited] == []


def test_heartbeats_come_well_before_a_message_counts_as_lost():
    for group in CONSUMER_GROUPS.values():
        policy = POLICIES["jobs" if group.stream == "JOBS" else "messages"]
        assert policy.heartbeat * 2 < group.ack_wait


def test_released_deliveries_are_looked_up_before_a_message_is_given_up():
    for policy in POLICIES.values():
        assert policy.count_from <= policy.max_attempts
        assert policy.count_from <= policy.max_crashes
