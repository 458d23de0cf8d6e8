"""What may never happen to a run row, whatever the order of reports, cancels, retries and crashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.lifecycle import AFTER, MAX_ATTEMPTS, TERMINAL, Finished, NotFinished, Refusal, RunLifecycle

WORDS = st.sampled_from(sorted(AFTER))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reported"), st.integers(1, 4), WORDS, st.sampled_from([None, "r1"])),
        st.tuples(st.sampled_from(["cancel", "retry", "lost", "handed_over"])),
    ),
    max_size=25,
)


def after(life: RunLifecycle, step: tuple) -> RunLifecycle:
    verb, *arguments = step
    try:
        return getattr(life, verb)(*arguments)
    except Refusal:
        return life


@given(STEPS)
def test_terminal_is_final_and_attempts_only_grow(steps):
    life = RunLifecycle()
    for step in steps:
        following = after(life, step)
        assert following.attempt >= life.attempt
        if life.is_terminal and step[0] != "retry":
            assert following == life
        if following.attempt == life.attempt and following.status != life.status:
            assert following.status in AFTER[life.status]
        life = following


@given(STEPS)
def test_every_life_can_be_ended_by_a_cancel_and_a_lost_worker(steps):
    life = RunLifecycle()
    for step in steps:
        life = after(life, step)
    life = after(after(life, ("cancel",)), ("lost",))
    assert life.is_terminal


@pytest.mark.parametrize("word", sorted(AFTER))
def test_a_report_of_an_older_attempt_is_ignored(word):
    life = RunLifecycle("running", attempt=2)
    assert life.reported(1, word, "r1") is life


def test_first_run_id_is_the_hand_over():
    assert RunLifecycle().reported(1, "initializing", "r1") == RunLifecycle("submitted", run_id="r1")
    assert RunLifecycle("submitted", run_id="r1").reported(1, "initializing").status == "submitted"


def test_cancel_before_a_worker_has_it_stops_at_once():
    assert RunLifecycle().cancel().status == "stopped"
    assert RunLifecycle(started=True).cancel().status == "stopping"


@pytest.mark.parametrize("word", ["completed", "failed", "stopped"])
def test_what_ends_first_after_a_cancel_counts(word):
    stopping = RunLifecycle("running", run_id="r1", started=True).cancel()
    assert stopping.reported(1, "running").status == "stopping"
    assert stopping.reported(1, word).reported(1, "stopped").status == word


@pytest.mark.parametrize("word", sorted(TERMINAL))
def test_finished_runs_refuse_to_be_cancelled(word):
    with pytest.raises(Finished):
        RunLifecycle(word).cancel()


def test_retry_is_for_what_failed_or_was_stopped():
    assert RunLifecycle("failed", 3, 1, "r3").retry() == RunLifecycle(attempt=4, first_attempt=4)
    for status, error in (("completed", Finished), ("running", NotFinished)):
        with pytest.raises(error):
            RunLifecycle(status).retry()


def test_lost_workers_use_up_tries_and_hand_overs_do_not():
    life = RunLifecycle("running")
    for _ in range(MAX_ATTEMPTS - 1):
        life = life.lost()
    assert life.status == "initializing"
    assert life.handed_over().status == "initializing"
    assert life.lost().status == "failed"


def test_only_a_completed_run_can_be_contradicted():
    assert RunLifecycle("completed").contradicted().status == "failed"
    assert RunLifecycle("stopped").contradicted().status == "stopped"


def test_retrying_goes_on_and_cached_is_an_end():
    retrying = RunLifecycle("running", run_id="r1").reported(1, "retrying")
    assert (retrying.status, retrying.reported(1, "running").status) == ("retrying", "running")
    assert [retrying.reported(1, word).status for word in ("retried", "failed")] == ["retried", "failed"]
    cached = RunLifecycle("running", run_id="r1").reported(1, "cached")
    assert (cached.status, cached.is_terminal) == ("cached", True)
