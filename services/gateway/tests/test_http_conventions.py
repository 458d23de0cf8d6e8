"""What holds for all routes: addresses, pages, error bodies by status."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.catalog.areas import CreateAoi, ListAois
from contracts.catalog.curation import ListPinnedModels
from contracts.catalog.datasets import ListDatasets
from contracts.catalog.files import ListWorkspace
from contracts.catalog.models import GetLocalModel
from contracts.catalog.stars import GetStar
from contracts.prediction.feedback import ListFeedback
from contracts.training import GetRunLogs, ListModelRuns
from contracts.verdict import Accepted, Kind, Refused
from gateway.apis.fair.data.aois import EXAMPLE as AOI

PAGE = {"count", "next", "previous", "results"}
ROW = {"id": "r1", "status": "completed"}
LINE = {"level": "info", "message": "epoch 1", "timestamp": None}
LEVEL = {"folders": [], "files": [], "next": None}
PINNED = {"count": 1, "results": [{"id": 4}]}
STAR = {"target_id": "m", "starred": True, "count": 1}


@pytest.mark.spec("1.1", "no slash at the end, slash at the end, writes without slash")
@pytest.mark.parametrize("slash", ["", "/"])
async def test_slash_at_the_end_is_optional_for_reads_and_writes(http, owners, mapper, slash):
    owners.answer(ListDatasets, {"count": 0, "results": []})
    assert (await http.get(f"/api/v1/datasets{slash}?limit=1")).json()["results"] == []
    owners.judge(CreateAoi, Accepted(result={"type": "Feature"}, http=201))
    assert (await http.post(f"/api/v1/aois{slash}", json=AOI, headers=mapper)).status_code == 201


@pytest.mark.spec("1.2", "geo lists")
@pytest.mark.parametrize(("path", "query"), [("aois", ListAois), ("feedback", ListFeedback)])
async def test_geo_lists_have_the_same_four_keys(http, owners, mapper, path, query):
    owners.answer(query, {"count": 1, "results": [AOI]})
    body = (await http.get(f"/api/v1/{path}/", headers=mapper)).json()
    assert body == {
        "count": 1, "next": None, "previous": None, "results": {"type": "FeatureCollection", "features": [AOI]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "value"),
    [
        pytest.param(
            "trainings/runs/r1/logs/", GetRunLogs, [LINE], marks=pytest.mark.spec("1.2", "logs have no pages")
        ),
        pytest.param("local-models/4/runs/", ListModelRuns, [ROW], marks=pytest.mark.spec("1.2", "runs have no pages")),
        pytest.param(
            "pinned-models/", ListPinnedModels, PINNED, marks=pytest.mark.spec("1.2", "pinned models have no pages")
        ),
        pytest.param("stars/?target_id=m", GetStar, STAR, marks=pytest.mark.spec("1.2", "stars have no pages")),
        pytest.param("workspace/", ListWorkspace, LEVEL, marks=pytest.mark.spec("1.2", "workspace has no pages")),
    ],
)
async def test_answers_without_pages(http, owners, mapper, path, query, value):
    owners.answer(GetLocalModel, {"id": 4, "name": "roofs"})
    owners.answer(query, value)
    assert (await http.get(f"/api/v1/{path}", headers=mapper)).json() == value


@pytest.mark.spec("1.2", "health and KPI have no pages")
@pytest.mark.parametrize("path", ["health/", "kpi/stats/"])
async def test_answers_about_the_platform_have_no_pages(http, owners, running, path):
    running.context.kpi.put("kpi", {"total_registered_users": 1}, 1)
    assert not PAGE & (await http.get(f"/api/v1/{path}")).json().keys()
    running.context.kpi.put("kpi", {}, 0)


def refused(kind: Kind, **facts: Any) -> Callable:
    return lambda owners: owners.answer(ListDatasets, Refused(kind=kind, code="x", detail="Words.", facts=facts))


CLASSES = {
    400: ("VALIDATION_ERROR", "Invalid request data", refused(Kind.INVALID, title=["too long"])),
    401: ("AUTHENTICATION_ERROR", "Authentication required", refused(Kind.UNAUTHENTICATED)),
    403: ("AUTHORIZATION_ERROR", "Permission denied", refused(Kind.FORBIDDEN)),
    404: ("RESOURCE_NOT_FOUND", "Resource not found", refused(Kind.NOT_FOUND)),
    415: ("DRF_ERROR", "Request processing failed", refused(Kind.INVALID, http=415)),
    429: ("RATE_LIMIT_EXCEEDED", "Rate limit exceeded", refused(Kind.TOO_MANY)),
    500: ("INTERNAL_SERVER_ERROR", "Internal server error", lambda owners: owners.answer(ListDatasets, "no rows")),
}


@pytest.mark.spec("1.4", "error.code, error.message, error.details, message of each status")
@pytest.mark.spec("1.4", "VALIDATION_ERROR, AUTHENTICATION_ERROR, AUTHORIZATION_ERROR, RESOURCE_NOT_FOUND")
@pytest.mark.spec("1.4", "RATE_LIMIT_EXCEEDED, DRF_ERROR, INTERNAL_SERVER_ERROR")
@pytest.mark.parametrize("status", CLASSES)
async def test_code_and_message_follow_the_status(astonished, owners, problem, status):
    code, message, arrange = CLASSES[status]
    arrange(owners)
    error = problem(await astonished.get("/api/v1/datasets/"), status)["error"]
    assert (error["code"], error["message"]) == (code, message)
    assert "detail" in error["details"] or error["details"] == {"title": ["too long"]}


@pytest.mark.spec("1.4", "METHOD_NOT_ALLOWED, message of each status")
async def test_message_of_a_wrong_method(http, problem):
    error = problem(await http.put("/api/v1/datasets/"), 405)["error"]
    assert (error["code"], error["message"]) == ("METHOD_NOT_ALLOWED", "HTTP method not allowed")
    assert error["details"].keys() == {"detail"}


@pytest.mark.spec("1.4", "STAC_VALIDATION_ERROR")
async def test_words_of_the_catalogue_are_the_message(astonished, owners, problem):
    verdict = Refused(kind=Kind.UNPROCESSABLE, code="STAC_VALIDATION_ERROR", detail="epochs: 900 is above 100")
    owners.answer(ListDatasets, verdict)
    error = problem(await astonished.get("/api/v1/datasets/"), 422)["error"]
    assert (error["code"], error["message"]) == ("STAC_VALIDATION_ERROR", "epochs: 900 is above 100")
