"""Routes beside the contents of dashboards: versions, trash, checks, lists, permissions, links, variables."""

import hashlib
from typing import Any

import pytest
from conftest import Owners
from doors import door_bus, door_owners, http, owners
from test_dashboards_routes import API, DTO, HEAD, NAME, NOT_FOUND, TAG, TEXT, parts, written

from contracts.notify import dashboard_sharing as s
from contracts.notify import dashboards as c
from contracts.verdict import Accepted
from gateway.streaming import topics
from gateway.testing import person
from kit.errors import Invalid

__all__ = ["door_bus", "door_owners", "http", "owners"]
ME = person(7, "mapper")
DETAILS: dict[str, Any] = {
    "id": NAME, "title": "t", "tags": [], "listed": False, "everyone": "edit", "permission": "admin", "owner_id": 7,
    "owner": "mapper", "author": "mapper", "version": 1, "etag": TAG, "size_bytes": 28,
    "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "expires_at": None,
    "whitelisted": False, "protected": False, "provisioned": False,
}  # fmt: skip
LINK = {
    "id": "l1",
    "note": "",
    "created_at": "2026-01-01T00:00:00Z",
    "expires_at": None,
    "paused": False,
    "token": None,
}


async def test_versions_are_listed_shown_and_restored(http, owners: Owners):
    owners.answer(c.ListVersions, [{"version": 1}])
    assert (await http.get(f"{API}/{NAME}/versions")).json() == [{"version": 1}]
    owners.answer(c.GetVersion, parts(TEXT[:5], TEXT[5:]))
    owners.answer(c.GetDashboardText, parts(TEXT[:5], TEXT[5:]))
    answer = await http.get(f"{API}/{NAME}/versions/1")
    assert (answer.json(), answer.headers["etag"]) == ({"id": NAME, **DTO}, TAG)
    assert (await http.get(f"{API}/{NAME}/versions/first")).status_code == 404
    owners.judge(c.RestoreVersion, written())
    answer = await http.post(f"{API}/{NAME}/versions/1/restore", headers={"if-match": TAG})
    assert (answer.status_code, answer.json()) == (200, {"id": NAME, **DTO})
    assert owners.last(c.RestoreVersion) == {"dashboard_id": NAME, "number": 1, "if_match": TAG}


async def test_the_trash(http, owners: Owners):
    owners.answer(c.ListTrash, {"count": 1, "results": [{"id": NAME}]})
    assert (await http.get("/api/v1/dashboards/trash")).status_code == 401
    assert (await http.get("/api/v1/dashboards/trash", headers=ME)).json()["results"] == [{"id": NAME}]
    owners.judge(c.RestoreDashboard, Accepted(http=200, result=HEAD))
    owners.answer(c.GetDashboardText, parts(TEXT))
    assert (await http.post(f"{API}/{NAME}/undelete", headers=ME)).json() == {"id": NAME, **DTO}
    owners.judge(c.RestoreDashboard, NOT_FOUND)
    assert (await http.post(f"{API}/{NAME}/undelete", headers=ME)).status_code == 404


async def test_checks_and_previews(http, owners: Owners):
    result = {
        "valid": False,
        "size_bytes": 28,
        "max_bytes": 9,
        "errors": [{"pointer": "", "message": "no"}],
        "error_count": 1,
    }
    owners.judge(c.CheckDashboard, Accepted(http=200, result=result))
    assert (await http.post(f"{API}/validate", json=DTO)).json() == result
    assert (await http.post(f"{API}/validate", json=[])).status_code == 422
    owners.judge(c.CreateDashboard, lambda body: written(body["dashboard_id"], 201))
    answer = await http.post(f"{API}/previews?ttl=60", json=DTO)
    assert (answer.status_code, answer.json()["dashboard"]) == (201, DTO["dashboard"])
    assert answer.headers["expires"].endswith("GMT")
    assert owners.last(c.CreateDashboard)["expires_at"]
    assert (await http.post(f"{API}/previews?ttl=0", json=DTO)).status_code == 422


async def test_lists_and_details(http, owners: Owners):
    owners.answer(s.ListDashboards, {"count": 2, "results": [DETAILS]})
    body = (await http.get("/api/v1/dashboards?search=lo&tag=x&mine=true&limit=1", headers=ME)).json()
    assert (body["count"], body["results"], "offset=1" in body["next"]) == (2, [DETAILS], True)
    asked = owners.last(s.ListDashboards)
    assert (asked["page"]["search"], asked["tag"], asked["mine"]) == ("lo", "x", True)
    owners.answer(s.GetDetails, DETAILS)
    assert (await http.get(f"{API}/{NAME}/details")).json() == DETAILS
    owners.judge(s.ChangeDetails, Accepted(http=200, result=DETAILS))
    assert (await http.patch(f"{API}/{NAME}/details", json={"title": "t"})).status_code == 200
    assert owners.last(s.ChangeDetails) == {"dashboard_id": NAME, "title": "t", "tags": None, "listed": None}
    answer = await http.patch(f"{API}/{NAME}/details", json={"title": 5, "owner": "me"})
    assert (answer.status_code, {tuple(one["loc"]) for one in answer.json()["detail"]}) == (
        422, {("body", "title"), ("body", "owner")},
    )  # fmt: skip


async def test_permissions(http, owners: Owners):
    path, body = f"{API}/{NAME}/permissions", {"everyone": "none", "users": [{"user_id": 8, "level": "view"}]}
    owners.judge(s.SetPermissions, Accepted(http=200, result=body))
    owners.answer(s.GetPermissions, body)
    assert [(await http.put(path, json=body)).status_code, (await http.get(path)).status_code] == [401, 401]
    assert (await http.put(path, json=body, headers=ME)).json() == (await http.get(path, headers=ME)).json() == body
    assert (await http.put(path, json={"everyone": "all"}, headers=ME)).status_code == 422


async def test_links(http, owners: Owners):
    path = f"{API}/{NAME}/links"
    owners.judge(s.CreateLink, Accepted(http=201, result=LINK))
    answer = await http.post(path, json={"note": "n"}, headers=ME)
    token = answer.json()["token"]
    assert (answer.status_code, len(token)) == (201, 32)
    digest = hashlib.sha256(token.encode()).hexdigest()
    assert owners.last(s.CreateLink)["token_sha256"] == digest
    assert token not in str(owners.heard)
    owners.answer(s.GetLinked, parts(TEXT[:5], TEXT[5:]))
    assert (await http.get(f"/api/v1/linked-dashboards/{token}")).json() == {"id": NAME, **DTO}
    assert owners.last(s.GetLinked) == {"token_sha256": digest, "start": 5}
    owners.answer(s.ListLinks, [LINK])
    assert (await http.get(path, headers=ME)).json() == [LINK]
    owners.judge(s.ChangeLink, Accepted(http=200, result={**LINK, "paused": True}))
    assert (await http.patch(f"{path}/l1", json={"paused": True}, headers=ME)).json()["paused"] is True
    owners.judge(s.DeleteLink, Accepted(http=204))
    assert (await http.delete(f"{path}/l1", headers=ME)).status_code == 204
    assert (await http.post(path, json={"expires_at": "2026-01-01T00:00:00"}, headers=ME)).status_code == 422


async def test_variables(http, owners: Owners):
    variable = {"name": "run", "patterns": ["^([^/]+)$"], "values": ["7"], "truncated": False}
    owners.answer(s.ListVariables, [variable])
    assert (await http.get(f"{API}/{NAME}/variables")).json() == [variable]
    owners.answer(s.ResolveDashboard, {**HEAD, "text": TEXT, "unresolved": ["metric"]})
    answer = await http.get(f"{API}/{NAME}/resolved?run=7&odd-name=1&metric")
    assert (answer.json(), answer.headers["x-unresolved-variables"]) == ({"id": NAME, **DTO}, "metric")
    assert owners.last(s.ResolveDashboard)["values"] == {"run": "7"}


def test_topics_of_dashboards():
    assert topics.parse(f"dashboard:{NAME}") == {f"dashboard:{NAME}"}
    with pytest.raises(Invalid):
        topics.parse("dashboard:a/b")
    event = c.DashboardEvicted(dashboard_id="a,b\n", freed_bytes=1, total=0)
    assert (event.topics(), event.aggregate()) == ((), "")
