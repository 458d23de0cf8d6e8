"""Routes of dashboards, as their owner is asked and as clients are answered."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from conftest import Owners
from doors import door_bus, door_owners, http, owners

from contracts.notify import GetCommand
from contracts.notify import dashboards as c
from contracts.verdict import Accepted, Kind, Refused
from gateway.testing import person

__all__ = ["door_bus", "door_owners", "http", "owners"]
API, ADMIN = "/api/v1/dashboard", person(9, "chief")
DTO = {"dashboard": {"widgets": []}}
TEXT = '{"dashboard":{"widgets":[]}}'
NAME, TAG = "2a6f1e0c-7d1b-4f0e-9a53-0b6c3f0f8f11", '"1-ab"'
HEAD = {"id": NAME, "etag": TAG, "version": 1, "characters": len(TEXT), "size_bytes": len(TEXT)}
NOT_FOUND = Refused(kind=Kind.NOT_FOUND, code="dashboard_not_found", detail=f"There is no dashboard {NAME}.")
RECORD = {
    **HEAD, "text": TEXT, "last_access": "2026-03-04T05:06:07.089123Z", "whitelisted": True, "protected": False,
    "created_at": "2026-03-04T05:06:07Z", "updated_at": "2026-03-04T05:06:07Z", "owner_id": None, "owner": "",
    "title": "", "tags": [], "provisioned": False, "expires_at": None,
}  # fmt: skip


def written(name: str = NAME, http: int = 200) -> Accepted:
    return Accepted(http=http, result={"id": name, "etag": TAG, "version": 1, "size_bytes": len(TEXT)})


def parts(*texts: str):
    """An owner's answers: the content in parts."""
    whole = "".join(texts)

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        start = body.get("start", 0)
        ends = [len("".join(texts[: n + 1])) for n in range(len(texts))]
        end = next(end for end in ends if end > start)
        return {**HEAD, "characters": len(whole), "text": whole[start:end]}

    return answer


async def test_a_dashboard_is_stored_under_an_id_of_the_server(http, owners: Owners):
    owners.judge(c.CreateDashboard, lambda body: written(body["dashboard_id"], 201))
    for path in (API, f"{API}/"):
        answer = await http.post(path, json=DTO)
        sent = owners.last(c.CreateDashboard)
        assert (answer.status_code, answer.json()) == (201, {"id": sent["dashboard_id"], **DTO})
        assert UUID(sent["dashboard_id"]).version == 4
        assert (sent["content"], answer.headers["etag"]) == (TEXT, TAG)


async def test_what_is_sent_comes_back_as_it_was(http, owners: Owners):
    """Numbers keep their kind, members their order, text its characters; an `id` inside does not hide the real one."""
    body = '{"z": 1.0, "a": 1E5, "id": "mine", "ü": "\\u00fc😀", "n": [9223372036854775807, -0.0]}'
    owners.judge(c.CreateDashboard, lambda sent: written(sent["dashboard_id"], 201))
    answer = await http.post(API, content=body.encode(), headers={"content-type": "application/json"})
    sent = owners.last(c.CreateDashboard)
    assert sent["content"] == '{"z":1.0,"a":100000.0,"id":"mine","ü":"ü😀","n":[9223372036854775807,-0.0]}'
    assert orjson.loads(answer.content) == {**orjson.loads(body), "id": sent["dashboard_id"]}


async def test_a_repeat_with_a_key_gets_the_same_dashboard(http, owners: Owners):
    owners.judge(c.CreateDashboard, lambda body: written(body["dashboard_id"], 201))
    first = owners.last
    owners.answer(
        GetCommand, lambda _: {"verdict": written(first(c.CreateDashboard)["dashboard_id"], 201).model_dump()}
    )
    names = [(await http.post(API, json=DTO, headers={"idempotency-key": key})).json()["id"] for key in ("a", "a", "b")]
    assert names[0] == names[1] != names[2]
    assert len(owners.heard) == 3


async def test_a_dashboard_is_read_in_parts(http, owners: Owners):
    owners.answer(c.GetDashboard, parts(TEXT[:9], TEXT[9:20], TEXT[20:]))
    owners.answer(c.GetDashboardText, parts(TEXT[:9], TEXT[9:20], TEXT[20:]))
    answer = await http.get(f"{API}/{NAME}")
    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, {"id": NAME, **DTO}, TAG)
    assert owners.last(c.GetDashboardText) == {"dashboard_id": NAME, "etag": TAG, "start": 20}
    owners.answer(c.GetDashboard, {**HEAD, "characters": 2, "text": "{}"})
    assert (await http.get(f"{API}/{NAME}/")).content == b'{"id":"' + NAME.encode() + b'"}'


async def test_a_replacement_says_what_it_depends_on(http, owners: Owners):
    owners.judge(c.ReplaceDashboard, written())
    answer = await http.patch(f"{API}/{NAME}?message=why", json=DTO, headers={"if-match": TAG})
    assert (answer.status_code, answer.json(), answer.headers["etag"]) == (200, {"id": NAME, **DTO}, TAG)
    sent = owners.last(c.ReplaceDashboard)
    assert (sent["dashboard_id"], sent["if_match"], sent["message"], sent["content"]) == (NAME, TAG, "why", TEXT)


async def test_a_deleted_dashboard_is_returned(http, owners: Owners):
    owners.judge(c.DeleteDashboard, Accepted(http=200, result=HEAD))
    owners.answer(c.GetDashboardText, parts(TEXT))
    answer = await http.delete(f"{API}/{NAME}", headers={"if-match": TAG})
    assert (answer.status_code, answer.json()) == (200, {"id": NAME, **DTO})
    assert owners.last(c.DeleteDashboard)["if_match"] == TAG


REFUSALS = [
    (Refused(kind=Kind.FORBIDDEN, code="protected", detail=f"Dashboard {NAME} is protected."), 403), (NOT_FOUND, 404),
    (Refused(kind=Kind.INVALID, code="size", detail="401 bytes, at most 400.", facts={"http": 413}), 413),
    (Refused(kind=Kind.UNPROCESSABLE, code="schema", detail="It does not match the schema.",
             facts={"headers": {"x-schema-error": "/dashboard"}}), 422),
    (Refused(kind=Kind.CONFLICT, code="stale", detail="Changed.", facts={"http": 412, "headers": {"etag": TAG}}), 412),
    (Refused(kind=Kind.EXPIRED, code="deadline", detail="The request timed out.", facts={"http": 504}), 504),
]  # fmt: skip


@pytest.mark.parametrize(("refused", "status"), REFUSALS)
async def test_refusals_of_the_owner(http, owners: Owners, refused, status):
    owners.judge(c.ReplaceDashboard, refused)
    answer = await http.patch(f"{API}/{NAME}", json=DTO)
    assert (answer.status_code, answer.json()["detail"]) == (status, refused.detail)
    assert refused.facts.get("headers", {}).items() <= dict(answer.headers).items()


@pytest.mark.parametrize("name", ["never", NAME, "x" * 500, "%C3%BC", "1"])
async def test_an_id_that_no_dashboard_has(http, owners: Owners, name):
    owners.answer(c.GetDashboard, NOT_FOUND)
    owners.judge(c.DeleteDashboard, NOT_FOUND)
    for method in ("GET", "DELETE"):
        answer = await http.request(method, f"{API}/{name}")
        assert (answer.status_code, answer.json()["detail"]) == (404, NOT_FOUND.detail)


async def test_bodies_that_are_refused_before_their_owner_is_asked(http, owners: Owners, monkeypatch):
    settings = http._transport.app.state.context.settings
    monkeypatch.setattr(settings, "dashboard_max_single", 1)
    json = {"content-type": "application/json"}
    large = b'{"a":"' + b"x" * (1 << 20) + b'"}'
    for method, path in (("POST", API), ("PATCH", f"{API}/{NAME}")):
        for content, headers, status in (
            (b"", {}, 422), (b"{}", {}, 422), (b"[]", json, 422), (b'{"a":NaN}', json, 422), (large, json, 413),
            (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", json, 422), (b'{"a":"\\u0000"}', json, 422),
        ):  # fmt: skip
            answer = await http.request(method, path, content=content, headers=headers)
            assert answer.status_code == status
            assert isinstance(answer.json()["detail"], list if status == 422 else str)
    assert not owners.heard


async def test_an_owner_that_is_silent_is_a_timeout(http, owners: Owners, monkeypatch):
    monkeypatch.setattr("gateway.apis.dashboards.owner_calls.MARGIN", 4.95)
    assert (await http.patch(f"{API}/{NAME}", json=DTO)).status_code in (503, 504)
    owners.answer(c.GetDashboard, Refused(kind=Kind.UNAVAILABLE, code="too_slow", detail="slow"))
    answer = await http.get(f"{API}/{NAME}")
    assert (answer.status_code, "timed out" in answer.json()["detail"]) == (504, True)


FLAGS = [("POST", "whitelist", True, None), ("DELETE", "whitelist", False, None), ("POST", "protect", True, True),
         ("DELETE", "protect", None, False)]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "whitelisted", "protected"), FLAGS)
async def test_flags(http, owners: Owners, method, path, whitelisted, protected):
    owners.judge(c.SetFlags, Accepted(http=200, result={"message": f"Dashboard {NAME}"}))
    address = f"/api/v1/maintenance/dashboard/{NAME}/{path}"
    assert (await http.request(method, address)).status_code == 401
    assert (await http.request(method, address, headers=person(7, "mapper"))).status_code == 403
    answer = await http.request(method, address, headers=ADMIN)
    assert (answer.status_code, NAME in answer.json()["message"]) == (200, True)
    sent = owners.last(c.SetFlags)
    assert (sent["whitelisted"], sent["protected"]) == (whitelisted, protected)


async def test_the_record_of_a_dashboard(http, owners: Owners):
    owners.answer(c.GetDashboardRecord, RECORD)
    body = (await http.get(f"/api/v1/maintenance/dashboard/{NAME}", headers=ADMIN)).json()
    assert (body["_id"], body["_size"], body["whitelisted"], body["protected"]) == (NAME, len(TEXT), True, False)
    assert body["dashboard"]["dashboard"]["widgets"] == []
    assert body["last_access"] == "2026-03-04T05:06:07.089Z"


async def test_an_export_is_what_an_import_takes(http, owners: Owners):
    head = {name: value for name, value in RECORD.items() if name != "provisioned"}
    later = {**head, "id": "later", "text": None}

    def exported(body: dict[str, Any]) -> dict[str, Any]:
        return {"records": {None: [head, later], "later": []}[body["after"]]}

    owners.answer(c.ExportDashboards, exported)
    owners.answer(c.GetDashboardRecord, {**RECORD, "id": "later", "whitelisted": False})
    answer = await http.get("/api/v1/maintenance/dashboards/export?all=true", headers=ADMIN)
    assert answer.headers["content-disposition"].startswith("attachment")
    assert [one["_id"] for one in answer.json()] == [NAME, "later"]
    assert answer.json()[0]["last_access"] == {"$date": "2026-03-04T05:06:07.089Z"}
    assert owners.last(c.ExportDashboards)["everything"] is True
    owners.judge(c.ImportDashboards, Accepted(http=200, result={"inserted": 1, "updated": 1}))
    answer = await http.post("/api/v1/maintenance/dashboards/import", json=answer.json(), headers=ADMIN)
    assert (answer.status_code, answer.json()) == (200, {"inserted": 1, "updated": 1})
    assert [orjson.loads(one)["dashboard"] for one in owners.last(c.ImportDashboards)["records"]] == [DTO, DTO]
    owners.answer(c.ExportDashboards, {"records": []})
    assert (await http.get("/api/v1/maintenance/dashboards/export", headers=ADMIN)).json() == []
    assert (await http.post("/api/v1/maintenance/dashboards/import", json={}, headers=ADMIN)).status_code == 422


async def test_the_root_and_the_version(http, owners: Owners):
    assert (await http.get("/api/v1/")).json()["message"] == (await http.get("/api/v1")).json()["message"] != ""
    owners.answer(c.GetDashboardService, {"schema_sha256": None})
    body = (await http.get("/api/v1/version")).json()
    assert body["api_version"] == {"major": 1, "minor": 0}
    assert body["version"]
    assert body["dashboard_schema_sha256"] is None


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "dashboard/x"), ("GET", "dashboard"), ("PATCH", "maintenance/dashboard/x")]
)
async def test_methods_that_are_wrong(http, method, path):
    answer = await http.request(method, f"/api/v1/{path}")
    assert (answer.status_code, type(answer.json()["detail"])) == (405, str)
