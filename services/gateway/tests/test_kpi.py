"""The four numbers."""

import pytest

from contracts.notify.kpi import GetKpi

NUMBERS = {
    "total_models_published": 3, "total_registered_users": 9, "total_feedback_labels": 7,
    "total_accepted_predictions": 5,
}  # fmt: skip


@pytest.mark.spec("13", "GET /kpi/stats/, anonymous")
async def test_one_owner_is_asked_and_its_answer_remembered(http, owners, running, problem):
    running.door.kpi.put("kpi", {}, 0)
    problem(await http.get("/api/v1/kpi/stats/"), 503)
    owners.answer(GetKpi, NUMBERS)
    assert (await http.get("/api/v1/kpi/stats/")).json() == NUMBERS
    owners.queries.clear()
    assert (await http.get("/api/v1/kpi/stats/")).json() == NUMBERS
