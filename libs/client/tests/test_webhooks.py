"""Webhooks from the terminal."""

import pytest
from client_samples import NOW
from small_gateway import Answer
from typer.testing import CliRunner

from fairway.cli import app, session

ROW = {
    "id": 4, "url": "https://hooks.example.org/", "description": "", "active": False, "verified": False,
    "reason": "It is gone.",
    "last_delivery_status": "failed", "last_delivery_at": NOW,
}  # fmt: skip
SENT = {
    "id": "a0c1", "event_type": "webhook.ping", "status": "failed", "response_code": 500, "attempts": 1,
    "error": "An error (HTTP 500).", "created_at": NOW,
}  # fmt: skip


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setattr(session.console, "_width", 200)


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["webhooks", *words])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_added_one_shows_its_secret_and_is_chosen(at_home):
    at_home.on("POST /webhooks/", Answer(201, ROW | {"secret": "whsec_[x]"}))
    at_home.on("GET /auth/me/", Answer(body={"osm_id": 7, "username": "m", "notifications_delivery_methods": ["web"]}))
    at_home.on("PATCH /auth/me/", Answer(body={"osm_id": 7, "username": "m"}))
    assert "whsec_[x]" in run("add", "https://hooks.example.org/", "--description", "maps")
    assert at_home.asked[0].body == {"url": "https://hooks.example.org/", "description": "maps"}
    assert at_home.asked[-1].body == {"notifications_delivery_methods": ["web", "webhook"]}


def test_lists_say_what_went_wrong(at_home):
    at_home.rows("/webhooks/", ROW)
    at_home.rows("/webhooks/4/deliveries/", SENT)
    assert "It is gone." in run("list")
    assert "An error (HTTP 500)." in run("deliveries", "4")


def test_verification_is_asked_for_and_shown(at_home):
    at_home.on("POST /webhooks/4/verify/", Answer(202, SENT))
    assert "a0c1" in run("verify", "4")
    for verified, shown in ((True, "False │ True"), (False, "True │ False")):
        at_home.rows("/webhooks/", ROW | {"verified": verified, "active": not verified})
        assert shown in " ".join(run("list").split())


def test_ping_rotation_and_end(at_home):
    at_home.on("POST /webhooks/4/ping/", Answer(202, SENT))
    at_home.on("POST /webhooks/4/rotate-secret/", Answer(body=ROW | {"secret": "whsec_y"}))
    at_home.on("DELETE /webhooks/4/", Answer(204))
    assert "a0c1" in run("ping", "4")
    assert "whsec_y" in run("rotate-secret", "4")
    assert "is removed" in run("remove", "4")
    assert at_home.paths("DELETE") == ["/webhooks/4/"]


def test_program_changes_a_webhook(fairway, gateway):
    gateway.on("PATCH /webhooks/4/", Answer(body=ROW | {"active": True}))
    assert fairway.webhooks.change(4, active=True).active
    assert gateway.asked[0].body == {"active": True}
