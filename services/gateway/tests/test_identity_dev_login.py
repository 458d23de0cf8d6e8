"""AUTH_PROVIDER=dev, and what holds for everybody who is logged in."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import product

import httpx
import nats
import psycopg
import pytest

from contracts.catalog.ownership_counts import CountOwned
from contracts.gateway import AccountDeletionRequested, UserChanged
from contracts.notify import CountUnread
from contracts.prediction import ListPredictions
from contracts.prediction.feedback import CountFeedback
from gateway.identity.profile import completion
from gateway.identity.providers.dev import DevProvider
from gateway.identity.users import Users
from kit.testing import eventually

COUNTS = (
    "models_count", "datasets_count", "feedbacks_count", "approved_predictions_count", "unread_notifications_count",
)  # fmt: skip


@pytest.fixture
async def told(nats_url: str) -> AsyncIterator[list[dict]]:
    """Events of the gateway, as they go out."""
    connection, events = await nats.connect(nats_url), []

    async def hear(msg):
        events.append((msg.headers["ce-type"], msg.data))

    await connection.subscribe("evt.gateway.>", cb=hear)
    await connection.flush()
    yield events
    await connection.close()


@pytest.mark.spec("2.4", "GET /auth/status/")
@pytest.mark.spec("2.5", "status dev")
@pytest.mark.spec("2.2", "dev token, osm_id 1 is created on first use")
async def test_token_makes_the_dev_user(http, dev_token):
    response = await http.get("/api/v1/auth/status/", headers={"authorization": f"Bearer {dev_token}"})
    assert response.json() == {"auth_provider": "dev", "authenticated": True}
    me = (await http.get("/api/v1/auth/me/", headers={"authorization": f"bearer {dev_token}"})).json()
    assert (me["osm_id"], me["username"]) == (1, "dev-user")


@pytest.mark.spec("22.1", "access-token")
@pytest.mark.spec("2.2", "header access-token")
async def test_older_clients_send_it_in_a_header_of_its_own(http, dev_token, problem):
    me = (await http.get("/api/v1/auth/me/", headers={"access-token": dev_token})).json()
    assert me["username"] == "dev-user"
    problem(await http.get("/api/v1/auth/me/", headers={"access-token": "guess"}), 401)


@pytest.mark.spec("1.4", "AUTHENTICATION_ERROR")
@pytest.mark.spec("2.2", "no header is anonymous")
@pytest.mark.spec("1.5", "no credentials is 401")
@pytest.mark.parametrize("header", [{}, {"authorization": "Basic x"}, {"authorization": "Bearer"}])
async def test_without_token_everybody_is_anonymous(http, problem, header):
    assert not (await http.get("/api/v1/auth/status/", headers=header)).json()["authenticated"]
    response = await http.get("/api/v1/auth/me/", headers=header)
    assert problem(response, 401)["error"]["code"] == "AUTHENTICATION_ERROR"
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.spec("8.7", "credentials are not read")
@pytest.mark.spec("2.2", "wrong token 401")
async def test_wrong_token_is_401_and_says_which(http, owners, problem):
    headers = {"authorization": "Bearer guess"}
    assert "FAIR_DEV_TOKEN" in problem(await http.get("/api/v1/datasets/", headers=headers), 401)["detail"]
    owners.answer(ListPredictions, {"count": 0, "results": []})
    response = await http.get("/api/v1/public-predictions/", headers=headers)
    assert response.status_code == 200, "credentials are not read there"
    assert owners.last(ListPredictions)["public"]


async def test_first_sight_is_told_once(http, told, dev_token):
    headers = {"authorization": f"Bearer {dev_token}", "x-dev-user": "-55:newcomer"}
    for _ in range(3):
        assert (await http.get("/api/v1/auth/status/", headers=headers)).json()["authenticated"]
    await eventually(lambda: told)
    users = [UserChanged.model_validate_json(data) for kind, data in told if kind == UserChanged.ce_type()]
    assert [(u.user_id, u.username, u.delivery_methods) for u in users] == [(-55, "newcomer", ["web"])]


@pytest.mark.spec("2.4", "GET /auth/me/, models_count, datasets_count, feedbacks_count, approved_predictions_count")
@pytest.mark.spec("2.4", "last_login is now")
@pytest.mark.spec("2.4", "unread_notifications_count")
async def test_profile_counts_come_from_their_owners(http, owners, mapper):
    owners.answer(CountOwned, {"models": 3, "datasets": 2})
    owners.answer(CountUnread, {"unread": 1})
    owners.answer(CountFeedback, {"accept": 5, "reject": 4})
    answer = await http.get("/api/v1/auth/me/", headers=mapper)
    assert answer.status_code == 200
    me = answer.json()
    assert {name: me[name] for name in COUNTS} == dict(zip(COUNTS, (3, 2, 4, 5, 1), strict=True))
    assert owners.last(CountOwned)["user_id"] == owners.last(CountFeedback)["user_id"] == 7
    assert abs(datetime.fromisoformat(me["last_login"]) - datetime.now(UTC)) < timedelta(seconds=30)


async def test_profile_does_not_wait_for_a_silent_owner(http, owners, mapper):
    owners.answer(CountUnread, {"unread": 1})
    started = time.monotonic()
    response = await http.get("/api/v1/auth/me/", headers=mapper)
    assert time.monotonic() - started < 1.9, "silent owners are waited for one after the other"
    me = response.json()
    assert [me[name] for name in COUNTS] == [0, 0, 0, 0, 1]
    changed = await http.patch("/api/v1/auth/me/", json={"newsletter_subscription": False}, headers=mapper)
    assert changed.json()["unread_notifications_count"] == 1


@pytest.mark.spec("2.4", "osm_id, username, img_url, email, date_joined, last_login, email_verified")
@pytest.mark.spec("2.1", "osm_id, username, email, img_url, email_verified, newsletter_subscription")
@pytest.mark.spec("2.1", "account_deletion_requested, notifications_delivery_methods, date_joined, last_login")
async def test_profile_has_every_field(http, owners, sql, dev_token):
    sql(
        "insert into users (id, username, email, img_url, email_verified, newsletter_subscription)"
        " values (-12, 'full', 'full@map.example', 'https://osm.example/f.png', true, true)"
    )
    full = {"authorization": f"Bearer {dev_token}", "x-dev-user": "-12:full"}
    me = (await http.get("/api/v1/auth/me/", headers=full)).json()
    assert all(datetime.fromisoformat(me.pop(name)).tzinfo for name in ("date_joined", "last_login"))
    assert me == {
        "osm_id": -12, "username": "full", "email": "full@map.example", "img_url": "https://osm.example/f.png",
        "email_verified": True, "newsletter_subscription": True, "account_deletion_requested": False,
        "notifications_delivery_methods": ["web"], "profile_completion_percentage": 100, **dict.fromkeys(COUNTS, 0),
    }  # fmt: skip


@pytest.mark.spec("2.4", "profile_completion_percentage")
def test_completion_is_in_quarters():
    parts = product(("", "picture"), ("", "m@map.example"), (False, True))
    assert [completion(*given) for given in parts] == [25, 50, 50, 75, 50, 75, 75, 100]


@pytest.mark.spec("2.4", "PATCH /auth/me/, other e-mail is unverified, read-only fields ignored, email")
@pytest.mark.spec("2.4", "email_verified, notifications_delivery_methods, newsletter_subscription")
async def test_another_address_is_not_verified(http, settings, stranger):
    await http.get("/api/v1/auth/status/", headers=stranger)
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("update users set email = 'old@map.example', email_verified = true where id = 8")
    same = (await http.patch("/api/v1/auth/me/", json={"email": "old@map.example"}, headers=stranger)).json()
    assert (same["email_verified"], same["profile_completion_percentage"]) == (True, 75)
    body = {"email": "new@map.example", "username": "root", "notifications_delivery_methods": ["web", "email"]}
    other = (await http.patch("/api/v1/auth/me/", json=body, headers=stranger)).json()
    assert (other["email_verified"], other["email"], other["username"]) == (False, "new@map.example", "stranger")
    assert other["notifications_delivery_methods"] == ["web", "email"]
    subscribed = (await http.patch("/api/v1/auth/me/", json={"newsletter_subscription": True}, headers=stranger)).json()
    assert (subscribed["newsletter_subscription"], subscribed["email"]) == (True, "new@map.example")


@pytest.mark.spec("2.4", "invalid body 400")
@pytest.mark.parametrize("body", [{"email": "nobody"}, {"notifications_delivery_methods": ["pigeon"]}])
async def test_bad_profile_names_the_field(http, mapper, problem, body):
    details = problem(await http.patch("/api/v1/auth/me/", json=body, headers=mapper), 400)["error"]["details"]
    assert details.keys() == body.keys()


@pytest.mark.spec("2.4", "deletion request mails once, account_deletion_requested")
async def test_deletion_is_asked_for_once(http, told, mapper):
    for _ in range(2):
        me = await http.patch("/api/v1/auth/me/", json={"account_deletion_requested": True}, headers=mapper)
        assert me.json()["account_deletion_requested"] is True
    await http.patch("/api/v1/auth/me/", json={"newsletter_subscription": True}, headers=mapper)
    await eventually(lambda: [kind for kind, _ in told].count(UserChanged.ce_type()) >= 3)
    assert [kind for kind, _ in told].count(AccountDeletionRequested.ce_type()) == 1


async def test_shut_out_user_is_anonymous(http, settings, problem, dev_token):
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("insert into users (id, username, is_active) values (66, 'gone', false)")
    headers = {"authorization": f"Bearer {dev_token}", "x-dev-user": "66:gone"}
    problem(await http.get("/api/v1/auth/me/", headers=headers), 401)


@pytest.mark.spec("2.1", "is_staff, is_superuser")
async def test_superusers_are_administrators_too(http, sql, dev_token):
    sql("insert into users (id, username, is_superuser) values (91, 'super', true)")
    headers = {"authorization": f"Bearer {dev_token}", "x-dev-user": "91:super"}
    assert (await http.get("/api/v1/dead-letters/", headers=headers)).status_code == 200


@pytest.mark.spec("2.1", "is_staff, is_superuser")
async def test_admin_routes_are_for_admins(http, owners, mapper, chief, problem):
    for method, path in (("POST", "categories/"), ("GET", "dead-letters/"), ("PATCH", "base-models/1/pin/")):
        problem(await http.request(method, f"/api/v1/{path}"), 401)
        problem(await http.request(method, f"/api/v1/{path}", headers=mapper), 403)
    assert (await http.get("/api/v1/dead-letters/", headers=chief)).status_code == 200


async def test_login_comes_before_everything_else(http, problem):
    problem(await http.post("/api/v1/aois/", content=b"{", headers={"content-type": "text/xml"}), 401)


async def test_being_several_needs_debug(running, dev_token):
    provider = DevProvider(Users(running.db), dev_token, several=False)
    headers = httpx.Headers({"authorization": f"Bearer {dev_token}", "x-dev-user": "7:mapper"})
    assert (await provider.authenticate(headers, unsafe=True, client="192.0.2.1")).actor.id == 1


async def test_who_comes_while_the_users_are_locked_is_asked_to_try_again(http, dev_token, settings, problem):
    """As by a migration. Then they are let in."""
    me = {"authorization": f"Bearer {dev_token}", "x-dev-user": "4711:latecomer"}
    with psycopg.connect(settings.database_url.get_secret_value()) as migration:
        migration.execute("lock table users in share mode")
        response = await http.get("/api/v1/auth/me/", headers=me)
        assert problem(response, 503)["error"]["code"] == "SERVICE_UNAVAILABLE"
        assert response.headers["retry-after"]
    assert (await http.get("/api/v1/auth/me/", headers=me)).json()["username"] == "latecomer"
