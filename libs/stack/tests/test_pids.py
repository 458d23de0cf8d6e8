import subprocess
import sys

import psutil

from stack import pids


def test_memory_of_a_process_that_has_just_ended_is_none():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = psutil.Process(child.pid)
    assert pids.resident(process) > 0
    child.communicate(b"\n", timeout=30)
    assert pids.resident(process) == 0
