"""Cycles of finished work do not pile up, however much a process has imported; large messages are made at once."""

import gc
import subprocess
import sys

from kit.process.garbage import MANY, rare_collections

PROGRAM = """
import gc, weakref
from collections import deque
from kit.process.garbage import freeze_start_up

imported = [[] for _ in range(1_000_000)]
gc.collect()
if {frozen}:
    freeze_start_up()

class Request:
    def __init__(self):
        self.cycle = self

in_work, alive, most = deque(maxlen=3_000), weakref.WeakSet(), 0
for _ in range(300_000):
    request = Request()
    in_work.append(request)
    alive.add(request)
    most = max(most, len(alive))
print(most)
"""
"""In work long enough to become old."""


def most_alive(frozen: bool) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(frozen=frozen)], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


def test_finished_requests_are_collected_soon():
    assert most_alive(frozen=True) < 60_000 < most_alive(frozen=False)


def test_large_messages_may_overlap():
    usual = gc.get_threshold()
    with rare_collections():
        with rare_collections():
            pass
        assert gc.get_threshold()[0] == MANY
    assert gc.get_threshold() == usual
