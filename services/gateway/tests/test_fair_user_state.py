"""User state at the door: sizes, what is missing, what is ignored."""

import json
from collections.abc import AsyncIterator

import pytest

from contracts.notify.userstate import CreateState, DeleteState, GetState, ListStates, ReplaceState
from contracts.verdict import Accepted

ROW = {"pid": 3, "state": {"a": 1}, "timestamp": "2026-11-21T06:00:00Z"}
ALL, ONE = "/api/v1/user-state/", "/api/v1/user-state/3/"
MOST = 102_400 + 1024


@pytest.mark.spec("12", "GET /user-state/, GET /user-state/{pid}/")
async def test_reads(http, owners, mapper):
    owners.answer(ListStates, {"count": 99, "results": [ROW]})
    owners.answer(GetState, ROW)
    page = (await http.get(f"{ALL}?limit=500", headers=mapper)).json()
    assert (page["count"], page["results"], page["previous"]) == (99, [ROW], None)
    assert "limit=60" in page["next"]
    assert (await http.get(ONE, headers=mapper)).json() == ROW


@pytest.mark.spec("12", "POST /user-state/, user and pid ignored")
async def test_new_state(http, owners, mapper):
    owners.judge(CreateState, Accepted(result=ROW, http=201))
    for state in ({"a": 1}, [], "", 0, False):
        body = {"state": state, "user": 1, "pid": 77}
        answer = await http.post(ALL, json=body, headers=mapper)
        assert answer.status_code == 201
        assert json.dumps(owners.last(CreateState)) == json.dumps({"state": state})


@pytest.mark.spec("12", "PUT /user-state/{pid}/, PATCH /user-state/{pid}/, DELETE /user-state/{pid}/")
async def test_changes(http, owners, mapper):
    owners.judge(ReplaceState, Accepted(result=ROW, http=200))
    owners.judge(DeleteState, Accepted(result=None, http=204))
    for method in ("PUT", "PATCH"):
        body = {"state": {"by": method}, "pid": 9}
        assert (await http.request(method, ONE, json=body, headers=mapper)).status_code == 200
        assert owners.last(ReplaceState) == {"pid": 3, "state": {"by": method}}
    assert (await http.delete(ONE, headers=mapper)).status_code == 204


@pytest.mark.spec("12", "missing or null 400")
async def test_state_must_be_given(http, owners, mapper, problem):
    for method, path in (("POST", ALL), ("PUT", ONE), ("PATCH", ONE)):
        for body in ({}, {"state": None}):
            refused = problem(await http.request(method, path, json=body, headers=mapper), 400)
            assert list(refused["error"]["details"]) == ["state"]


@pytest.mark.spec("12", "body limit")
async def test_large_bodies_are_not_parsed(http, owners, mapper, problem):
    owners.judge(CreateState, Accepted(result=ROW, http=201))
    owners.judge(ReplaceState, Accepted(result=ROW, http=200))
    headers = {**mapper, "content-type": "application/json"}
    fits = b'{"state": 1}'.ljust(MOST)
    for method, path in (("POST", ALL), ("PUT", ONE), ("PATCH", ONE)):
        assert (await http.request(method, path, content=fits, headers=headers)).is_success
        for size in (MOST + 1, 1 << 20, (1 << 20) + 1):
            for content in (b"{" * size, pieces(size)):
                refused = problem(await http.request(method, path, content=content, headers=headers), 400)
                assert f"Request body must be at most {MOST} bytes" in refused["detail"]


async def pieces(size: int) -> AsyncIterator[bytes]:
    """A body whose length nobody promises."""
    for start in range(0, size, 65_536):
        yield b"{" * min(65_536, size - start)


@pytest.mark.spec("12", "login required")
async def test_login_comes_first(http, problem):
    for method, path in (("GET", ALL), ("POST", ALL), ("GET", ONE), ("PUT", ONE), ("PATCH", ONE), ("DELETE", ONE)):
        problem(await http.request(method, path), 401)
