"""What narrows and orders a list arrives at its owner; a value that its field cannot have is refused here."""

from typing import Any

import pytest

from contracts.base import Query
from contracts.catalog.areas import ListAois
from contracts.catalog.datasets import ListDatasets
from contracts.catalog.models import ListBaseModels, ListLocalModels
from contracts.notify import GetNotification
from contracts.prediction import ListPredictions
from contracts.prediction.feedback import ListFeedback
from contracts.training import ListTrainings

LISTS: list[tuple[str, type[Query], dict[str, Any]]] = [
    (
        "datasets", ListDatasets,
        {"status": "built", "visibility": "private", "user": 7, "search": "a b", "ordering": "-last_modified"}),
    (
        "base-models", ListBaseModels,
        {"status": "active", "visibility": "public", "category": "roads", "is_pinned": True, "user": 7, "search": "a",
         "ordering": "created_at"}),
    (
        "local-models", ListLocalModels,
        {"status": "archived", "visibility": "public", "category": "roads", "base_model": 3, "is_pinned": False,
         "user": 7, "search": "a", "ordering": "created_at"}),
    (
        "trainings", ListTrainings, {"local_model": 4, "user": 7, "status": "stopping", "ordering": "last_polled_at"}),
    (
        "predictions", ListPredictions,
        {"local_model_stac_id": "m", "user": 7, "status": "failed", "visibility": "public", "search": "a",
         "ordering": "-submitted_at"}),
    (
        "public-predictions", ListPredictions,
        {"local_model_stac_id": "m", "search": "a", "ordering": "submitted_at"}),
    ("aois", ListAois, {"dataset": 5, "user": 7, "in_bbox": [1, 2, 3, 4]}),
    ("feedback", ListFeedback, {"stac_id": "m", "action": "reject", "user": 7, "in_bbox": [1, 2, 3, 4]}),
]  # fmt: skip


@pytest.mark.spec("3.3", "filter status, filter visibility, filter user, search, ordering")
@pytest.mark.spec("6.2", "filter status, filter category, search")
@pytest.mark.spec("6.3", "filter base_model, filter user, search, ordering")
@pytest.mark.spec("7.2", "filter local_model, filter user, filter status, ordering")
@pytest.mark.spec("8.2", "filter local_model_stac_id, filter user, filter status, filter visibility, search, ordering")
@pytest.mark.spec("8.7", "filter local_model_stac_id, search, ordering")
@pytest.mark.spec("4", "filter dataset, filter user, filter in_bbox")
@pytest.mark.spec("9", "filter stac_id, filter action, filter user, filter in_bbox")
@pytest.mark.parametrize(("path", "query", "filters"), LISTS, ids=[path for path, *_ in LISTS])
async def test_every_filter_reaches_the_owner(http, owners, mapper, path, query, filters):
    owners.answer(query, {"count": 0, "results": []})
    await http.get("/api/v1/auth/status/", headers=mapper)
    given = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in filters.items()}
    response = await http.get(f"/api/v1/{path}/", params=given, headers=mapper)
    assert response.status_code == 200, response.text
    asked = owners.last(query)
    assert {name: {**asked["page"], **asked}[name] for name in filters} == filters


@pytest.mark.spec("23", "expand=stac with is_pinned")
async def test_first_page_asks_for_pinned_models_with_their_items(http, owners):
    owners.answer(ListBaseModels, {"count": 0, "results": []})
    await http.get("/api/v1/base-models/?category=&ordering=star_count&expand=stac&is_pinned=true")
    asked = owners.last(ListBaseModels)
    assert (asked["category"], asked["expand"], asked["is_pinned"]) == (None, True, True)
    assert asked["page"]["ordering"] == "star_count"


@pytest.mark.spec("11.1", "GET /notifications/me/{id}/")
async def test_one_notification_is_asked_for(http, owners, mapper):
    owners.answer(GetNotification, {"id": 3})
    assert (await http.get("/api/v1/notifications/me/3/", headers=mapper)).json() == {"id": 3}
    assert owners.last(GetNotification) == {"notification_id": 3}


@pytest.mark.spec("1.3", "user, unknown user 400")
@pytest.mark.parametrize("path", ["datasets", "base-models", "local-models", "trainings", "predictions", "aois",
                                  "feedback"])  # fmt: skip
async def test_filter_by_nobody_is_refused(http, owners, mapper, problem, path):
    refused = problem(await http.get(f"/api/v1/{path}/?user=-987654321", headers=mapper), 400)
    assert list(refused["error"]["details"]) == ["user"]
    assert not owners.heard
