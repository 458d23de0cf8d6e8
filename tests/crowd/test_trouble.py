"""Whatever befalls a push on its way: one project in the end, and the person is told why there is none."""

import pytest

from stack.platform import run
from stack.processes import Daemon
from tests.crowd.crowd import Crowd, until, wishes

pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]
KINDS = {
    "refuse_login": ("refuses our account", 1), "errors": ("The organization does not exist.", 1),
    "huge": ("too large", 1), "html": ("unreadable answer", 9), "down": ("HTTP 502", 99),
}  # fmt: skip
STEPS = ("createProject", "createProjectAsset", "updateProject", "updateProjectStatus")
KILLED_AT = ("signIn", *STEPS)
REDELIVERED = 90.0
"""Seconds within which a killed worker's job is taken again, on a busy machine."""


@pytest.mark.spec("21.6", "errors are failures")
@pytest.mark.parametrize("kind", KINDS)
def test_failure_is_told_in_words_and_may_be_pushed_anew(crowd: Crowd, kind: str):
    words, times = KINDS[kind]
    made, before = crowd.prediction(), len(crowd.projects())
    crowd.trouble(kind, times)
    crowd.push(made)
    state = crowd.ended(made)
    assert (state["state"], words in state["reason"], "{" in state["reason"]) == ("failed", True, False), state
    crowd.trouble("")
    notice = until(lambda: crowd.notices(made), bool)[0]
    assert (notice.startswith(f"Prediction {made} could not be given to Mapswipe."), words in notice) == (True, True)
    assert crowd.row(made)["mapswipe_project_id"] is None
    project_id = crowd.pushed(made)["mapswipe_project_id"]
    assert (crowd.row(made)["mapswipe_project_id"], len(crowd.projects())) == (project_id, before + 1)


@pytest.mark.spec("21.6", "errors are failures")
def test_refusal_of_mapswipe_can_be_mended(crowd: Crowd):
    """By other wishes, which then hold for the draft that the first push left there."""
    taken = crowd.pushed(crowd.prediction(), same := wishes())["mapswipe_project_id"]
    made = crowd.prediction()
    crowd.push(made, same)
    assert "topic: Project name already exists" in crowd.ended(made)["reason"]
    crowd.push(made, wishes(verification_number=2))
    state = crowd.ended(made)
    assert ("Verification number" in state["reason"], state["mapswipe_project_id"] != taken) == (True, True)
    project = crowd.project(crowd.pushed(made, wishes(topic="Sheds"))["mapswipe_project_id"])
    assert (project["id"], project["data"]["topic"]) == (state["mapswipe_project_id"], "Sheds")


def test_slow_answers_are_waited_for(crowd: Crowd):
    crowd.trouble("slow")
    assert crowd.pushed(crowd.prediction())["reason"] == ""


def test_lost_answers_make_no_second_project(crowd: Crowd):
    for step in STEPS:
        made, before = crowd.prediction(), len(crowd.projects())
        crowd.trouble("lose_answer", at=step)
        state = crowd.pushed(made)
        assert len(crowd.projects()) == before + 1, step
        assert crowd.project(state["mapswipe_project_id"])["status"] == "PROCESSED"


@pytest.mark.parametrize("step", KILLED_AT)
def test_killed_worker_leaves_one_project(crowd: Crowd, step: str):
    """kill -9 when Mapswipe has done a step and before the worker knows."""
    made, before = crowd.prediction(), len(crowd.projects())
    crowd.trouble("hold", at=step)
    crowd.push(made)
    until(crowd.held)
    crowd.worker.kill()
    crowd.trouble("")
    crowd.worker = _next(crowd, 2 + KILLED_AT.index(step))
    state = crowd.ended(made, REDELIVERED)
    assert (state["state"], state["reason"]) == ("pushed", "")
    assert crowd.row(made)["mapswipe_project_id"] == state["mapswipe_project_id"]
    assert [project["status"] for project in crowd.projects()[before:]] == ["PROCESSED"]
    assert len(until(lambda: crowd.notices(made))) == 1


def _next(crowd: Crowd, number: int) -> Daemon:
    worker = run.worker(crowd.system.home, crowd.system.env, "prediction", number)
    worker.env = {**crowd.worker.env, "HTTP__PORT": worker.env["HTTP__PORT"]}
    return worker.start()
