"""What may never happen to a run row, whatever the order of reports, cancels, retries and crashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.states import AFTER, MOST_TRIES, TERMINAL, Finished, Life, NotFinished, Refusal

WORDS = st.sampled_from(sorted(AFTER))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.integers(1, 4), WORDS, st.sampled_from([None, "r1"])),
        st.tuples(st.sampled_from(["cancel", "retry", "lost", "handed_over"])),
    ),
    max_size=25,
)


def after(life: Life, step: tuple) -> Life:
    verb, *arguments = step
    try:
        return getattr(life, verb)(*arguments)
    except Refusal:
        return life


@given(STEPS)
def test_terminal_is_final_and_attempts_only_grow(steps):
    life = Life()
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
    life = Life()
    for step in steps:
        life = after(life, step)
    life = after(after(life, ("cancel",)), ("lost",))
    assert life.is_terminal


@pytest.mark.parametrize("word", sorted(AFTER))
def test_a_report_of_an_older_attempt_is_ignored(word):
    life = Life("running", attempt=2)
    assert life.hear(1, word, "r1") is life


def test_first_run_id_is_the_hand_over():
    assert Life().hear(1, "initializing", "r1") == Life("submitted", run_id="r1")
    assert Life("submitted", run_id="r1").hear(1, "initializing").status == "submitted"


def test_cancel_before_a_worker_has_it_stops_at_once():
    assert Life().cancel().status == "stopped"
    assert Life(started=True).cancel().status == "stopping"


@pytest.mark.parametrize("word", ["completed", "failed", "stopped"])
def test_what_ends_first_after_a_cancel_counts(word):
    stopping = Life("running", run_id="r1", started=True).cancel()
    assert stopping.hear(1, "running").status == "stopping"
    assert stopping.hear(1, word).hear(1, "stopped").status == word


@pytest.mark.parametrize("word", sorted(TERMINAL))
def test_finished_runs_refuse_to_be_cancelled(word):
    with pytest.raises(Finished):
        Life(word).cancel()


def test_retry_is_for_what_failed_or_was_stopped():
    assert Life("failed", 3, 1, "r3").retry() == Life(attempt=4, first_attempt=4)
    for status, error in (("completed", Finished), ("running", NotFinished)):
        with pytest.raises(error):
            Life(status).retry()


def test_lost_workers_use_up_tries_and_hand_overs_do_not():
    life = Life("running")
    for _ in range(MOST_TRIES - 1):
        life = life.lost()
    assert life.status == "initializing"
    assert life.handed_over().status == "initializing"
    assert life.lost().status == "failed"


def test_only_a_completed_run_can_be_contradicted():
    assert Life("completed").contradicted().status == "failed"
    assert Life("stopped").contradicted().status == "stopped"


def test_retrying_goes_on_and_cached_is_an_end():
    retrying = Life("running", run_id="r1").hear(1, "retrying")
    assert (retrying.status, retrying.hear(1, "running").status) == ("retrying", "running")
    assert [retrying.hear(1, word).status for word in ("retried", "failed")] == ["retried", "failed"]
    cached = Life("running", run_id="r1").hear(1, "cached")
    assert (cached.status, cached.is_terminal) == ("cached", True)
