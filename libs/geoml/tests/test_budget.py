import time

from geoml.budget import Budget


def test_steps_count_while_there_is_time():
    assert Budget(10, 60).done(4) == 0.4


def test_time_counts_when_it_runs_out():
    late = Budget(10, 60, started=time.monotonic() - 45 * 60)
    assert 0.75 <= late.done(4) < 0.76
    assert Budget(10, 60, started=time.monotonic() - 7200).done(4) == 1
