"""The four numbers."""

import pytest

from contracts.catalog.models import ListLocalModels
from contracts.prediction.feedback import ListFeedback


@pytest.mark.spec("13", "GET /kpi/stats/")
async def test_numbers_are_asked_of_their_owners_and_remembered(http, owners, running, problem):
    running.door.kpi.put("kpi", {}, 0)
    problem(await http.get("/api/v1/kpi/stats/"), 503)
    owners.answer(ListLocalModels, {"count": 3, "results": []})
    owners.answer(ListFeedback, {"count": 7, "results": []})
    body = (await http.get("/api/v1/kpi/stats/")).json()
    assert body.pop("total_registered_users") >= 1
    assert body == {"total_models_published": 3, "total_feedback_labels": 7, "total_accepted_predictions": 7}
    assert owners.last(ListLocalModels)["status"] == "active"
    owners.queries.clear()
    assert (await http.get("/api/v1/kpi/stats/")).status_code == 200
