"""Dashboards through the real gateway: large ones, bad ones, many writers, and a whole store out and in again."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from fairway import Fairway
from fairway.cli import dashboards_migrate
from stack.bench.system import System
from tests.surface.people import Who, headers

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
MIB10, MANY = 10 * 1024**2, 10_000
JSON = {"content-type": "application/json"}
DTO = {"dashboard": {"widgets": []}}
LAYOUT = {"i": "", "x": 0, "y": 0, "w": 1, "h": 1}


@pytest.fixture(scope="module")
def api(running: System) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def operator(running: System) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=running.url, headers=headers(Who.ADMIN, running.token), timeout=90, trust_env=False
    ) as client:
        yield client


def sized(size: int) -> bytes:
    """A valid dashboard of so many bytes."""
    body = json.dumps({"dashboard": {"widgets": [{"channels": [], "layout": LAYOUT}]}}, separators=(",", ":"))
    return body.replace('"i":""', f'"i":"{"x" * (size - len(body))}"').encode()


def test_ten_mebibytes_and_one_byte_more(api):
    largest = sized(MIB10)
    answer = api.post("/dashboard/", content=largest, headers=JSON)
    assert answer.status_code == 201
    path = f"/dashboard/{answer.json()['id']}"
    assert api.get(path).json() == {"id": answer.json()["id"], **json.loads(largest)}
    for answer in (
        api.post("/dashboard/", content=sized(MIB10 + 1), headers=JSON),
        api.patch(path, content=sized(MIB10 + 1), headers=JSON),
    ):
        assert answer.status_code == 413
        assert {str(MIB10), str(MIB10 + 1)} <= set(answer.json()["detail"].replace(",", "").split())
    assert api.post("/dashboard/", content=b" " * (4 * MIB10) + b"{}", headers=JSON).status_code == 413
    assert api.delete(path).json()["dashboard"] == json.loads(largest)["dashboard"]
    assert api.get(path).status_code == 404


BAD = [
    b"", b"{", b"[]", b"1", b'{"dashboard":NaN}', b'{"dashboard":-Infinity}', b'{"a":1e999}',
    b'{"a":9223372036854775808}',
    b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", b"\xff", b"{}",
    b'{"dashboard":{}}',
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_bad_bodies(api, operator, body):
    name = "00000000-0000-4000-8000-000000000000"
    for answer in (
        api.post("/dashboard/", content=body, headers=JSON),
        api.patch(f"/dashboard/{name}", content=body, headers=JSON),
        operator.post("/maintenance/dashboards/import", content=body and b"[" + body + b"]", headers=JSON),
    ):  # fmt: skip
        assert answer.status_code == 422
        assert answer.json()["detail"]


def test_the_place_of_an_error_is_in_a_header(api):
    answer = api.post("/dashboard/", json={"dashboard": {"widgets": [{"channels": [], "layout": {}}]}})
    assert (answer.status_code, answer.headers["x-schema-error"]) == (422, "/dashboard/widgets/0/layout")
    assert isinstance(answer.json()["detail"], str)
    checked = api.post("/dashboard/validate", json={"dashboard": {"widgets": [{}, 5]}}).json()
    assert {"/dashboard/widgets/0", "/dashboard/widgets/1"} <= {error["pointer"] for error in checked["errors"]}
    assert checked["error_count"] >= 3


def test_of_eight_writers_with_one_tag_one_wins(api, running):
    first = api.post("/dashboard/", json=DTO)
    path = f"{running.url}/dashboard/{first.json()['id']}"

    def write(number: int) -> int:
        body = {"dashboard": {"widgets": [{"channels": [], "layout": LAYOUT}] * number}}
        condition = {"if-match": first.headers["etag"]}
        return httpx.patch(path, json=body, headers=condition, timeout=30, trust_env=False).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(write, range(8))) == [200, *[412] * 7]
    assert len(api.get(f"{path}/versions").json()) == 2


def test_pages_of_other_origins_may_send_conditions_and_read_tags(api):
    asked = {"origin": "https://page.example", "access-control-request-method": "PATCH",
             "access-control-request-headers": "if-match,content-type"}  # fmt: skip
    answer = api.options("/dashboard/x", headers=asked)
    assert "if-match" in answer.headers.get("access-control-allow-headers", "")
    shown = api.get("/version", headers={"origin": "https://page.example"})
    assert len(shown.json()["dashboard_schema_sha256"]) == 64
    assert "etag" in shown.headers.get("access-control-expose-headers", "").lower()


def test_a_store_goes_out_and_in_again(api, running, tmp_path, monkeypatch, capsys):
    """Ten thousand records of a kilobyte, by the command of operators; one bad record refuses all."""
    admin = headers(Who.ADMIN, running.token)
    monkeypatch.setattr(dashboards_migrate, "client", lambda: Fairway(running.url, headers=admin))
    records = [_record(f"moved-{number:05}") for number in range(MANY)]
    file, other = tmp_path / "all.json", tmp_path / "again.json"
    file.write_text(json.dumps([*records[:-1], {**records[-1], "dashboard": {}}]))
    assert dashboards_migrate.run(["import", str(file)]) == 1
    assert f"Record {MANY - 1}" in capsys.readouterr().err
    assert api.get("/dashboard/moved-00000").status_code == 404
    file.write_text(json.dumps(records))
    assert dashboards_migrate.run([str(file), "import"]) == 0
    assert f"{MANY} dashboards were inserted" in capsys.readouterr().out
    assert dashboards_migrate.run(["--all", "export", str(other)]) == 0
    found = {one["_id"]: one for one in json.loads(other.read_text())}
    assert list(found) == sorted(found)
    for record in records:
        assert found[record["_id"]].items() >= record.items()


def _record(name: str) -> dict[str, Any]:
    widget = {"channels": [], "layout": {**LAYOUT, "i": name * 80}}
    return {"_id": name, "dashboard": {"dashboard": {"widgets": [widget]}}, "whitelisted": False, "protected": False,
            "last_access": {"$date": "2001-02-03T04:05:06.789Z"}}  # fmt: skip
