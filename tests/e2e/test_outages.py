"""Each server of the deployment is away for a while, with work of every kind under way: all ends well without a hand.

Seconds here, with settings that scale what takes minutes; `make soak` has the same in minutes.
"""

from collections.abc import Iterator

import pytest

from stack.demo.job import Job
from tests.e2e.conftest import Platform
from tests.e2e.outages import QUICK, SERVERS, Work, away, quickened

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
SECONDS, ENDS = 8.0, 240.0


@pytest.fixture
def quick(platform: Platform) -> Iterator[None]:
    quickened(platform, QUICK)
    yield
    quickened(platform, {})


def test_outages_cost_nothing(platform: Platform, job: Job, done: dict, quick: None):
    letters = platform.dead_letters()
    work = Work(platform, job, done)
    work.listen()
    for name in SERVERS:
        work.keep_going()
        away(platform, name, SECONDS)
    work.ended_well(ENDS)
    assert platform.dead_letters() == letters
