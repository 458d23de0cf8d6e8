"""Redirections into the object store, and the workspace."""

import pytest

from contracts.catalog.files import GetArtifact, GetDownload, GetWorkspaceUrl, HeadArtifact, ListWorkspace
from contracts.verdict import Kind, Refused

LINK = {"url": "https://store.example/k?X-Amz-Signature=1", "expires_in": 900}
ABSENT = Refused(kind=Kind.NOT_FOUND, code="file_not_found")
ARTIFACT = "/api/v1/artifacts/fairway/dev/zenml/local-models/8d2e/model.onnx"
ASSET = "/api/v1/stac-assets/base-models/unet/model/"


@pytest.mark.spec("6.5", "302 to a presigned URL")
async def test_asset_is_a_redirection_that_pages_of_any_origin_may_follow(http, owners):
    owners.answer(GetDownload, LINK)
    answer = await http.get(ASSET, headers={"origin": "https://somewhere.example", "range": "bytes=0-9"})
    assert (answer.status_code, answer.headers["location"]) == (302, LINK["url"])
    assert answer.headers["access-control-allow-origin"] in ("*", "https://somewhere.example")
    asked = {"collection": "base-models", "item_id": "unet", "asset": "model", "name": None, "head": False}
    assert owners.last(GetDownload) == asked


async def test_asset_has_an_address_that_ends_as_its_file_does_and_answers_head(http, owners):
    owners.answer(GetDownload, LINK)
    for ask, head in ((http.get, False), (http.head, True)):
        answer = await ask("/api/v1/stac-assets/datasets/hill-1/download/hill-1.zip")
        assert (answer.status_code, answer.headers["location"]) == (302, LINK["url"])
        last = owners.last(GetDownload)
        assert (last["item_id"], last["asset"], last["name"], last["head"]) == (
            "hill-1",
            "download",
            "hill-1.zip",
            head,
        )


async def test_absent_asset_is_404(http, owners, problem):
    owners.answer(GetDownload, ABSENT)
    problem(await http.get(ASSET), 404)


@pytest.mark.spec("6.6", "GET /artifacts/{bucket}/{key}")
async def test_artifact_is_a_redirection(http, owners):
    owners.answer(GetArtifact, LINK)
    answer = await http.get(ARTIFACT)
    assert (answer.status_code, answer.headers["location"]) == (302, LINK["url"])
    assert owners.last(GetArtifact) == {"bucket": "fairway", "key": "dev/zenml/local-models/8d2e/model.onnx"}


@pytest.mark.spec("6.6", "HEAD /artifacts/{bucket}/{key}")
async def test_head_of_an_artifact_measures_it(http, owners):
    owners.answer(
        HeadArtifact,
        {"size": 10, "etag": '"e"', "content_type": "application/onnx", "last_modified": "2026-10-01T08:00:00Z"},
    )
    found = await http.head(ARTIFACT)
    assert (found.status_code, found.headers["content-length"], found.headers["etag"]) == (200, "10", '"e"')
    assert found.headers["content-type"] == "application/onnx"
    owners.answer(HeadArtifact, ABSENT)
    assert (await http.head(ARTIFACT)).status_code == 404


@pytest.mark.spec("14", "GET /workspace/, prefix")
async def test_workspace_passes_through(http, owners, mapper):
    level = {"folders": [{"name": "a", "prefix": "dev/a/"}], "files": [], "next": None}
    owners.answer(ListWorkspace, level)
    answer = await http.get("/api/v1/workspace/", params={"prefix": "dev/", "limit": 10}, headers=mapper)
    assert answer.json() == level
    assert owners.last(ListWorkspace) == {"prefix": "dev/", "limit": 10, "continuation": ""}


@pytest.mark.spec("14", "no bucket 503")
async def test_workspace_without_a_bucket_is_503(http, owners, mapper, problem):
    owners.answer(ListWorkspace, Refused(kind=Kind.UNAVAILABLE, code="storage_not_configured", detail="No bucket."))
    assert problem(await http.get("/api/v1/workspace/", headers=mapper), 503)["detail"] == "No bucket."


@pytest.mark.spec("14", "GET /workspace/url/, no key 400")
async def test_workspace_url_needs_a_key(http, owners, mapper, problem):
    owners.answer(GetWorkspaceUrl, LINK)
    assert (await http.get("/api/v1/workspace/url/", params={"key": "dev/a"}, headers=mapper)).json() == LINK
    assert "key" in problem(await http.get("/api/v1/workspace/url/", headers=mapper), 400)["detail"]


async def test_workspace_wants_a_login(http, problem):
    problem(await http.get("/api/v1/workspace/"), 401)
