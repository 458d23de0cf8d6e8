"""Who a star belongs to, and what the owner's verdict becomes."""

from hashlib import sha256

import pytest
from doors import door_bus, door_owners, http, owners

from contracts.catalog.stars import AddStar, GetStar, RemoveStar
from contracts.verdict import Accepted

__all__ = ["door_bus", "door_owners", "http", "owners"]
PATH = "/api/v1/stars/"


@pytest.fixture
def judged(owners):
    owners.judge(AddStar, Accepted(result={"target_id": "m", "starred": True, "count": 1, "created": True}, http=201))
    owners.judge(RemoveStar, Accepted(http=204))
    owners.answer(GetStar, {"target_id": "m", "starred": True, "count": 1})
    return owners


@pytest.mark.spec("10", "anonymous identity, target is trimmed")
async def test_anonymous_browser_is_known_by_address_and_agent(http, judged):
    answer = await http.post(PATH, params={"target_id": " m "}, headers={"user-agent": "Browser/1"})
    assert answer.status_code == 201
    expected = sha256(b"127.0.0.1|Browser/1").hexdigest()
    assert judged.last(AddStar) == {"target_id": "m", "identity": expected}
    await http.get(PATH, params={"target_id": "m"}, headers={"user-agent": "Browser/1"})
    assert judged.last(GetStar)["identity"] == expected


@pytest.mark.spec("10", "GET /stars/, target_id, starred, count")
async def test_people_are_known_by_their_account(http, judged, mapper):
    answer = await http.get(PATH, params={"target_id": "m"}, headers=mapper)
    assert answer.json() == {"target_id": "m", "starred": True, "count": 1}
    assert judged.last(GetStar)["identity"] is None
    assert (await http.delete(PATH, params={"target_id": "m"}, headers=mapper)).status_code == 204


@pytest.mark.spec("10", "new 201 and repeated 200, created")
async def test_repeated_star_is_200(http, judged, mapper):
    again = {"target_id": "m", "starred": True, "count": 1, "created": False}
    judged.judge(AddStar, Accepted(result=again, http=200))
    answer = await http.post(PATH, params={"target_id": "m"}, headers=mapper)
    assert (answer.status_code, answer.json()) == (200, again)


@pytest.mark.spec("10", "missing target 400, target at most 200")
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
@pytest.mark.parametrize("query", [{}, {"target_id": "  "}, {"target_id": "x" * 201}])
async def test_target_is_needed(http, owners, problem, method, query):
    assert "target_id" in problem(await http.request(method, PATH, params=query), 400)["detail"]
