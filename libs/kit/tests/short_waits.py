"""Shorter waits for the toy and its processes, so that tests of failures and of ends are soon done.

What is repeated, how pauses grow, and that a heartbeat comes well before a message counts as lost stay as they are.
`test_failures.py` tests the figures that are declared.
"""

from dataclasses import replace

from contracts.streams import CONSUMER_GROUPS
from kit.jobs import worker
from kit.messaging.delivery import subscribers
from kit.messaging.delivery.failures import POLICIES, FailurePolicy
from kit.messaging.queries import query_server
from kit.messaging.topology import monitor

DECLARED_POLICIES, DECLARED_GROUPS = dict(POLICIES), dict(CONSUMER_GROUPS)
ACK_WAIT, HEARTBEAT = CONSUMER_GROUPS["commands"].ack_wait, POLICIES["messages"].heartbeat
"""Those of short commands."""
FASTER = 8
GRACE = 3.0
"""Seconds that jobs and answers in work have at an end."""


def shorten() -> None:
    """Does so in this process. `interactive` keeps its `ack_wait`: an orderly end must be quicker."""
    for name in ("events", "bulk"):
        CONSUMER_GROUPS[name] = replace(DECLARED_GROUPS[name], ack_wait=ACK_WAIT)
    for name, policy in DECLARED_POLICIES.items():
        POLICIES[name] = _shorter(policy)
    monitor.PERIOD = 1.0
    worker.GRACE = query_server.STOP_TIMEOUT = GRACE
    subscribers.FETCH_TIMEOUT = 0.25


def _shorter(policy: FailurePolicy) -> FailurePolicy:
    rules = {
        failure: replace(rule, delays=tuple(delay / FASTER for delay in rule.delays))
        for failure, rule in policy.rules.items()
    }
    pause = policy.give_up_pause / FASTER
    return replace(policy, rules=rules, heartbeat=min(policy.heartbeat, HEARTBEAT), give_up_pause=pause)
