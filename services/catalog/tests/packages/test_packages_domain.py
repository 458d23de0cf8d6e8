"""Rules of jobs, without servers."""

from hypothesis import given
from hypothesis import strategies as st

from catalog.packages.submissions import domain
from contracts.catalog.package_jobs import ENDED

STATUSES = sorted(domain.OPEN | ENDED)
tasks = st.lists(st.tuples(st.sampled_from(STATUSES), st.integers(0, 100)), min_size=1, max_size=50)
moves = st.lists(st.tuples(st.integers(0, 11), st.sampled_from(STATUSES), st.integers(-5, 130)), max_size=60)


@given(tasks)
def test_percent_is_hundred_if_and_only_if_the_job_is_complete(some):
    assert domain.group_percent(some, complete=True) == 100
    assert 0 <= domain.group_percent(some, complete=False) <= 99


@given(tasks)
def test_percent_is_at_least_the_share_of_ended_tasks(some):
    ended = sum(status in ENDED for status, _ in some)
    assert domain.group_percent(some, complete=False) >= min(100 * ended // len(some), 99)


@given(st.integers(1, 12), moves)
def test_percent_never_goes_back(size, steps):
    """Whatever tasks report: their percents only grow, and terminal states stay."""
    now, before = [("PENDING", 0)] * size, 0
    for number, status, percent in steps:
        old, reached = now[number % size]
        if domain.may_follow(old, status) or (old == status and status in domain.OPEN):
            now[number % size] = (status, max(reached, percent))
        after = domain.group_percent(now, complete=False)
        assert after >= before
        before = after


def test_twelve_ended_tasks_do_not_stop_at_ninety_nine():
    assert domain.group_percent([("SUCCESS", 100)] * 12, complete=True) == 100
    assert domain.group_percent([("SUCCESS", 100)] * 4 + [("PENDING", 0)] * 8, complete=False) == 33


def test_nothing_follows_a_terminal_state():
    assert not any(domain.may_follow(before, after) for before in ENDED for after in STATUSES)
    assert domain.OPEN.isdisjoint(ENDED)
    assert set(domain.FOLLOWING) == domain.OPEN


def test_remaining_time_comes_from_past_runs_of_the_same_processors():
    past = {"a.v": [10.0, 30.0, 20.0], "b.v": []}
    assert domain.remaining_seconds([("a.v", "EXECUTING", 50), ("a.v", "PENDING", 0)], past) == 15.0
    assert domain.remaining_seconds([("a.v", "SUCCESS", 100), ("b.v", "SKIPPED", 0)], past) == 0.0
    assert domain.remaining_seconds([("b.v", "PENDING", 0)], past) is None


def test_the_first_repeated_name_is_found():
    assert domain.first_repeated(["a", "b", "b", "a"]) == "b"
    assert domain.first_repeated(["a", "b"]) is None
