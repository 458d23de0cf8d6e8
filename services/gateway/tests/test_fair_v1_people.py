"""`/users/` and `/notifications/mark-…`."""

import pytest

from contracts.notify import MarkAllRead, MarkRead
from contracts.verdict import Accepted, Kind, Refused


@pytest.mark.spec("22.3", "GET /users/, user search")
async def test_people_are_listed_to_those_who_are_logged_in(http, mapper, stranger, problem):
    await http.get("/api/v1/auth/me/", headers=stranger)
    problem(await http.get("/api/v1/users/"), 401)
    found = (await http.get("/api/v1/users/?search=STRANG", headers=mapper)).json()
    assert found["results"] == [{"osm_id": 8, "username": "stranger", "img_url": ""}]
    assert (await http.get("/api/v1/users/?id=8", headers=mapper)).json()["count"] == 1
    assert (await http.get("/api/v1/users/?search=8", headers=mapper)).json()["results"][0]["osm_id"] == 8


@pytest.mark.spec(
    "22.8",
    "POST /notifications/mark-as-read/{id}/, POST /notifications/mark-all-as-read/, "
    "mark-all 404 when nothing is unread",
)
@pytest.mark.spec("11.1", "POST /notifications/mark-as-read/{id}/")
async def test_notifications_are_marked_under_the_old_names(http, owners, mapper, problem):
    owners.judge(MarkRead, Accepted(result={"id": 3}))
    owners.judge(MarkAllRead, Accepted(result={"detail": "ok"}))
    assert (await http.post("/api/v1/notifications/mark-as-read/3/", headers=mapper)).status_code == 200
    assert owners.last(MarkRead)["notification_id"] == 3
    assert (await http.post("/api/v1/notifications/mark-all-as-read/", headers=mapper)).status_code == 200
    assert owners.last(MarkAllRead) == {"missed": True}
    await http.post("/api/v1/notifications/me/mark-all-read/", headers=mapper)
    assert owners.last(MarkAllRead) == {"missed": False}
    owners.judge(MarkAllRead, Refused(kind=Kind.NOT_FOUND, code="nothing_unread", detail="No unread notifications."))
    problem(await http.post("/api/v1/notifications/mark-all-as-read/", headers=mapper), 404)
    problem(await http.post("/api/v1/notifications/mark-as-read/3/"), 403)
