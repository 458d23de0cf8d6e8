"""The four numbers."""

import pytest

from contracts.notify.kpi import GetKpi
from gateway.http.limits.rates import Rate

NUMBERS = {
    "total_models_published": 3, "total_registered_users": 9, "total_feedback_labels": 7,
    "total_accepted_predictions": 5,
}  # fmt: skip


@pytest.mark.spec("13", "GET /kpi/stats/, anonymous")
async def test_one_owner_is_asked_and_its_answer_remembered(http, owners, running, problem):
    running.context.kpi.put("kpi", {}, 0)
    problem(await http.get("/api/v1/kpi/stats/"), 503)
    owners.answer(GetKpi, NUMBERS)
    assert (await http.get("/api/v1/kpi/stats/")).json() == NUMBERS
    owners.queries.clear()
    assert (await http.get("/api/v1/kpi/stats/")).json() == NUMBERS


@pytest.mark.spec("13", "unthrottled")
async def test_nobody_is_asked_too_often(http, owners, running, monkeypatch):
    monkeypatch.setattr(running.context.settings, "anon_rate", Rate(1, 86_400))
    owners.answer(GetKpi, NUMBERS)
    answers = [await http.get("/api/v1/kpi/stats/") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert not [name for answer in answers for name in answer.headers if name.startswith("ratelimit")]
