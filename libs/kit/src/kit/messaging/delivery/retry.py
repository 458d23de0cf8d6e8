"""How often, and after which delays, a message is delivered again."""

import random

DELAYS = (0.5, 2.0, 8.0, 15.0)
MAX_ATTEMPTS = 5
"""Attempts after which a failing message becomes a dead letter."""
MAX_CRASHES = 20
"""Attempts after which a message becomes a dead letter when the service died each time."""


def delay(delivery: int) -> float:
    """Returns the seconds before the next delivery, with 20 % jitter so that simultaneous failures spread."""
    return DELAYS[min(delivery, len(DELAYS)) - 1] * random.uniform(0.8, 1.2)


def outage_delay(times: int) -> float:
    """Returns the seconds before the next try of a job that has met `times` outages: 0.5, 1, 2 … 30, with 20 %
    jitter."""
    return min(0.5 * 2 ** min(times, 6), 30.0) * random.uniform(0.8, 1.2)
