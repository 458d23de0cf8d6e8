"""Webhooks at the door: which addresses are taken, and where the secret is shown."""

import pytest

from contracts.notify import webhooks as c
from contracts.verdict import Accepted, Kind, Refused
from kit.http.outbound import Outbound

URL = "https://hooks.example.org/fairway"
ALL, ONE = "/api/v1/webhooks/", "/api/v1/webhooks/4/"
ROW = {
    "id": 4, "url": URL, "description": "", "active": True, "verified": False, "reason": "",
    "user": {"osm_id": 7, "username": "mapper"},
    "created_at": "2026-11-21T06:00:00Z", "last_modified": "2026-11-21T06:00:00Z", "last_delivery_status": None,
    "last_delivery_at": None,
}  # fmt: skip
SENT = {
    "id": "a0c1", "event_type": "webhook.ping", "status": "queued", "response_code": None, "attempts": 0, "error": "",
    "created_at": "2026-11-21T06:00:00Z", "last_attempt_at": None, "next_attempt_at": None, "delivered_at": None,
}  # fmt: skip


async def test_secret_is_shown_where_it_is_made(http, owners, mapper):
    owners.judge(c.CreateWebhook, Accepted(result=ROW, http=201))
    owners.judge(c.RotateSecret, Accepted(result=ROW, http=200))
    owners.answer(c.ShowSecret, {"secret": "whsec_x"})
    made = await http.post(ALL, json={"url": URL, "id": 9, "user": 1}, headers=mapper)
    assert (made.status_code, made.json()) == (201, ROW | {"secret": "whsec_x"})
    assert owners.last(c.CreateWebhook) == {"url": URL, "description": "", "active": True}
    rotated = await http.post(f"{ONE}rotate-secret/", headers=mapper)
    assert (rotated.status_code, rotated.json()["secret"]) == (200, "whsec_x")
    owners.answer(c.ShowSecret, Refused(kind=Kind.INTERNAL, code="sealed", detail=""))
    assert (await http.post(ALL, json={"url": URL}, headers=mapper)).json()["secret"] is None


@pytest.mark.parametrize("purpose", ["services", "models"])
async def test_servers_of_operators_are_no_webhooks(http, owners, mapper, problem, running, monkeypatch, purpose):
    owners.judge(c.CreateWebhook, Accepted(result=ROW, http=201))
    monkeypatch.setattr(running.context.outbounds, purpose, Outbound("127.0.0.1:9000"))
    refused = await http.post(ALL, json={"url": "http://127.0.0.1:9000/"}, headers=mapper)
    assert problem(refused, 400)["error"]["details"].keys() == {"url"}
    assert owners.heard == []


async def test_refused_ones_have_none(http, owners, mapper, problem):
    owners.judge(c.CreateWebhook, Refused(kind=Kind.CONFLICT, code="too_many_webhooks", detail="At most 5."))
    assert "secret" not in problem(await http.post(ALL, json={"url": URL}, headers=mapper), 409)


@pytest.mark.parametrize("command", [c.PingWebhook, c.VerifyWebhook])
async def test_addresses_are_not_called_at_will(http, owners, mapper, problem, command):
    owners.judge(command, Refused(kind=Kind.CONFLICT, code="webhook_unverified", detail="Not now."))
    path = {c.PingWebhook: "ping", c.VerifyWebhook: "verify"}[command]
    assert problem(await http.post(f"{ONE}{path}/", headers=mapper), 409)["detail"] == "Not now."


async def test_reads_and_changes(http, owners, mapper):
    owners.answer(c.ListWebhooks, {"count": 1, "results": [ROW]})
    owners.answer(c.GetWebhook, ROW)
    owners.answer(c.ListDeliveries, {"count": 1, "results": [SENT]})
    owners.judge(c.ChangeWebhook, Accepted(result=ROW, http=200))
    owners.judge(c.DeleteWebhook, Accepted(result=None, http=204))
    owners.judge(c.PingWebhook, Accepted(result=SENT, http=202))
    assert (await http.get(ALL, headers=mapper)).json()["results"] == [ROW]
    assert (await http.get(ONE, headers=mapper)).json() == ROW
    assert (await http.get(f"{ONE}deliveries/?limit=5", headers=mapper)).json()["results"] == [SENT]
    assert (owners.last(c.ListDeliveries)["webhook_id"], owners.last(c.ListDeliveries)["page"]["limit"]) == (4, 5)
    assert (await http.patch(ONE, json={"active": False}, headers=mapper)).status_code == 200
    assert owners.last(c.ChangeWebhook) == {"webhook_id": 4, "url": None, "description": None, "active": False}
    owners.judge(c.VerifyWebhook, Accepted(result=SENT, http=202))
    assert (await http.post(f"{ONE}ping/", headers=mapper)).status_code == 202
    verified = await http.post(f"{ONE}verify/", headers=mapper)
    assert (verified.status_code, verified.json(), owners.last(c.VerifyWebhook)) == (202, SENT, {"webhook_id": 4})
    assert (await http.delete(ONE, headers=mapper)).status_code == 204


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/", "ftp://hooks.example.org/", "https://127.0.0.1/", "https://[::1]/",
        "https://10.0.0.3/", "https://169.254.169.254/latest", "https://localhost/", "https://intranet/",
        "https://hooks.example.org:8443/", "https://me:secret@hooks.example.org/", "https://0x7f000001/",
        "https://[::ffff:10.0.0.1]/", "not an address", "", "https://hooks.example.org/" + "x" * 2000,
    ],
)  # fmt: skip
async def test_addresses_that_are_not_public_https_are_refused(http, owners, mapper, problem, url):
    owners.heard.clear()
    for method, path in (("POST", ALL), ("PATCH", ONE)):
        refused = problem(await http.request(method, path, json={"url": url}, headers=mapper), 400)
        assert list(refused["error"]["details"]) == ["url"]
    assert not owners.heard


async def test_login_comes_first(http, problem):
    reads, writes = (ALL, ONE, f"{ONE}deliveries/"), (ALL, f"{ONE}ping/", f"{ONE}verify/", f"{ONE}rotate-secret/")
    asked = [*(("GET", path) for path in reads), *(("POST", path) for path in writes), ("PATCH", ONE), ("DELETE", ONE)]
    for method, path in asked:
        problem(await http.request(method, path), 401)
