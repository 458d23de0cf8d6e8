"""Cycles of finished work do not pile up, however much a process has imported."""

import subprocess
import sys

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
