"""Each server of the deployment is away for six minutes, with work of every kind under way: all ends well without a
hand. As it is in production, nothing is scaled; about forty minutes."""

import os

from stack.demo.job import Job
from tests.e2e.conftest import Platform
from tests.e2e.outages import SERVERS, Work, away

SECONDS = float(os.environ.get("SOAK_OUTAGE", "360"))
ENDS = 900.0


def test_outages_cost_nothing(platform: Platform, job: Job, done: dict):
    letters = platform.dead_letters()
    Work(platform, job, done).listen()
    for name in SERVERS:
        work = Work(platform, job, done)
        work.keep_going()
        away(platform, name, SECONDS)
        work.ended_well(ENDS)
        print(f"{name} was away for {SECONDS:g} s: {work.rows} ended well", flush=True)
    assert platform.dead_letters() == letters
