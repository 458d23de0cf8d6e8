import time

from geoml.time_budget import TrainingBudget


def test_steps_count_while_there_is_time():
    assert TrainingBudget(10, 60).progress(4) == 0.4


def test_time_counts_when_it_runs_out():
    late = TrainingBudget(10, 60, started=time.monotonic() - 45 * 60)
    assert 0.75 <= late.progress(4) < 0.76
    assert TrainingBudget(10, 60, started=time.monotonic() - 7200).progress(4) == 1
