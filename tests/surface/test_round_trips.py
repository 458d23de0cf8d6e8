"""What people send, and what they find again, through the real gateway and the real owners."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from stack.bench.system import System
from tests.surface.people import Who, headers
from tests.surface.rows import POLYGON, Rows

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
LIMIT = 30.0


@pytest.fixture(scope="module")
def door(running: System) -> Iterator[Callable[[Who], httpx.Client]]:
    """The API as one of the callers sees it."""
    clients = {
        who: httpx.Client(base_url=running.url, headers=headers(who, running.token), timeout=20, trust_env=False)
        for who in Who
    }
    yield clients.__getitem__
    for client in clients.values():
        client.close()


def done(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def until(look: Callable[[], Any]) -> Any:
    """The first true value; AssertionError after a while."""
    end = time.monotonic() + LIMIT
    while not (value := look()):
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.1)
    return value


def moment(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


@pytest.mark.spec("22.8", "GET /banner/, POST /banner/, banner is a plain array")
def test_first_generation_reads_and_writes_announcements(door):
    admin, visitor = door(Who.ADMIN), door(Who.ANONYMOUS)
    now, over, coming = [
        done(admin.post("/banner/", json={"message": "new", "start_date": moment(start), "end_date": moment(end)}), 201)
        for start, end in ((-1, 1), (-2, -1), (1, 2))
    ]
    for reader in (visitor, admin):
        listed = done(reader.get("/banner/"))
        assert isinstance(listed, list)
        assert all(row["is_displayable"] for row in listed)
        assert now in listed
        assert not [row for row in listed if row["id"] in (over["id"], coming["id"])]
    assert done(visitor.get(f"/banner/{over['id']}/"))["is_displayable"] is False
    assert done(door(Who.STRANGER).post("/banner/", json={"message": "x"}), 403)


@pytest.mark.spec("23", "user-state round trip")
def test_page_finds_its_state_again(door):
    owner = door(Who.OWNER)
    state = {
        "type": "prediction", "prediction_id": 31, "name": "Häuser", "model": {"id": 9, "title": "Roofs"}, "zoom": 19.5,
        "imagery": {"name": "OAM", "url": "https://tiles.example/{z}/{x}/{y}.png"}, "bbox": [85.5, 27.6, 85.6, 27.7],
    }  # fmt: skip
    made = done(owner.post("/user-state/", json={"state": state}), 201)
    assert (made["state"], done(owner.get(f"/user-state/{made['pid']}/"))) == (state, made)
    assert done(owner.get("/user-state/"))["results"][0] == made
    changed = done(owner.put(f"/user-state/{made['pid']}/", json={"state": state | {"zoom": 20}}))
    assert done(owner.get(f"/user-state/{made['pid']}/")) == changed
    assert (changed["state"]["zoom"], changed["timestamp"] > made["timestamp"]) == (20, True)
    done(door(Who.STRANGER).get(f"/user-state/{made['pid']}/"), 404)


@pytest.mark.spec("22.8", "mark-all 404 when nothing is unread")
def test_first_generation_is_told_when_nothing_is_unread(door, rows: Rows):
    owner = door(Who.OWNER)
    rows.notification()
    done(owner.post("/notifications/mark-all-as-read/"))
    done(owner.post("/notifications/mark-all-as-read/"), 404)
    done(owner.post("/notifications/me/mark-all-read/"))


@pytest.mark.spec("11.1", "related_obj")
def test_notification_says_what_it_is_about(door, rows: Rows):
    row = done(door(Who.OWNER).get(f"/notifications/me/{rows.notification()}/"))
    assert row["related_obj"] == {"id": 1, "type": "training", "model": None}


@pytest.mark.spec("13", "total_feedback_labels, total_accepted_predictions, anonymous")
def test_numbers_follow_what_happens(door):
    visitor, owner = door(Who.ANONYMOUS), door(Who.OWNER)

    def numbers() -> tuple[int, int]:
        kpi = done(visitor.get("/kpi/stats/"))
        return kpi["total_feedback_labels"], kpi["total_accepted_predictions"]

    until(lambda: visitor.get("/kpi/stats/").status_code == 200)
    given, accepted = numbers()
    body = {"type": "Feature", "geometry": POLYGON, "properties": {"stac_id": "roofs", "action": "accept"}}
    one = done(owner.post("/feedback/", json=body), 201)["properties"]["id"]
    until(lambda: numbers() == (given + 1, accepted + 1))
    done(owner.patch(f"/feedback/{one}/", json={"properties": {"action": "reject"}}))
    until(lambda: numbers() == (given + 1, accepted))
    done(owner.delete(f"/feedback/{one}/"), 204)
    until(lambda: numbers() == (given, accepted))


def test_secret_of_a_webhook_is_shown_once(door, rows: Rows, running: System):
    rows.no_webhooks()
    owner = door(Who.OWNER)
    key = {"Idempotency-Key": uuid4().hex}
    body = {"url": "https://hooks.example.org/fairway"}
    made = done(owner.post("/webhooks/", json=body, headers=key), 201)
    assert made["secret"].startswith("whsec_")
    assert done(owner.post("/webhooks/", json=body, headers=key), 201)["secret"] == made["secret"], "the same answer"
    shown = done(owner.get(f"/webhooks/{made['id']}/"))
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    rotated = done(owner.post(f"/webhooks/{made['id']}/rotate-secret/"))
    assert rotated["secret"] not in (None, made["secret"])
    with running.connect("notify") as database:
        kept = database.execute("select verdict::text from inbox union all select secret from webhooks").fetchall()
    assert made["secret"] not in str(kept)


@pytest.mark.spec("16", "back office")
def test_administrators_do_through_the_api_what_staff_did_in_pages(door, rows: Rows, running: System):
    admin, owner = door(Who.ADMIN), door(Who.OWNER)
    root = running.url.removesuffix("/api/v1")
    assert httpx.get(f"{root}/django-admin/", headers=headers(Who.ADMIN, running.token)).status_code == 404
    slug = uuid4().hex
    done(admin.post("/categories/", json={"slug": slug, "label": "roofs"}), 201)
    done(admin.patch(f"/categories/{slug}/", json={"description": "of all kinds"}))
    done(admin.delete(f"/categories/{slug}/"), 204)
    dataset = rows.dataset()
    done(admin.patch(f"/datasets/{dataset}/", json={"title": "Renamed by staff"}))
    assert done(owner.get(f"/datasets/{dataset}/"))["user"]["osm_id"] == 7, "whose it is does not change"
    done(admin.delete(f"/feedback/{rows.feedback()}/"), 204)
    done(admin.post(f"/dead-letters/{rows.dead_letter()}/discard/"))
    for path in ("/categories/", "/banners/"):
        done(owner.post(path, json={"slug": slug, "label": "x", "message": "x"}), 403)
    done(owner.get("/dead-letters/"), 403)
