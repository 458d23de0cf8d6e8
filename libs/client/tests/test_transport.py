"""Retries, verdicts that come later, errors."""

import pytest
from client_samples import aoi, dataset
from small_gateway import Answer

from fairway import ApiError, Unreachable, transport
from fairway.transport import Transport

PROBLEM = {
    "type": "about:blank", "title": "Bad", "status": 400, "detail": "Invalid request data", "trace_id": "t" * 32,
    "error": {"code": "VALIDATION_ERROR", "message": "Invalid", "details": {"zoom": ["too small"]}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(transport.time, "sleep", lambda _: None)


def test_credentials_and_parameters_are_sent(fairway, gateway):
    gateway.rows("/datasets/", dataset())
    page = fairway.datasets.list(status="built", search=None)
    assert (page.count, page.results[0].stac_id, page.results[0].tomorrow) == (1, "hill-1", 1)
    [asked] = gateway.asked
    assert asked.headers["authorization"] == "Bearer secret"
    assert asked.query == {"limit": "50", "offset": "0", "status": "built"}


def test_every_page_is_walked(fairway, gateway):
    def page(*numbers: int, following: str | None) -> Answer:
        features = {"type": "FeatureCollection", "features": [aoi(number) for number in numbers]}
        return Answer(body={"count": 3, "next": following, "previous": None, "results": features})

    gateway.on("GET /aois/", page(1, 2, following="…"), page(3, following=None))
    assert [row.id for row in fairway.aois.all(dataset=5)] == [1, 2, 3]
    assert [asked.query["offset"] for asked in gateway.asked] == ["0", "2"]


def test_write_is_repeated_under_the_same_key(fairway, gateway):
    gateway.on("POST /aois/", None, Answer(503, PROBLEM), Answer(201, aoi(12)))
    assert fairway.aois.create({"type": "Polygon"}).id == 12
    assert len(gateway.asked) == 3
    assert len({asked.headers["idempotency-key"] for asked in gateway.asked}) == 1


def test_each_write_has_its_own_key(fairway, gateway):
    gateway.on("POST /aois/", Answer(201, aoi(12)))
    for _ in range(2):
        fairway.aois.create({"type": "Polygon"})
    assert len({asked.headers["idempotency-key"] for asked in gateway.asked}) == 2


def test_verdict_that_comes_later_is_waited_for(fairway, gateway):
    pending = Answer(202, {"id": "c-1", "status": "pending"}, {"location": "/api/v1/commands/c-1"})
    gateway.on("POST /datasets/build/", pending)
    done = Answer(body={"id": "c-1", "status": "done", "http": 202, "result": dataset(status="building")})
    gateway.on("GET /commands/c-1", Answer(body={"id": "c-1", "status": "pending"}), done)
    assert fairway.datasets.build(title="x").status == "building"


def test_refusal_that_comes_later_is_raised(fairway, gateway):
    gateway.on("POST /datasets/build/", Answer(202, {"status": "pending"}, {"location": "/api/v1/commands/c-1"}))
    refused = {"status": "refused", "kind": "not_found", "code": "aois_not_found", "detail": "No.", "facts": {"a": 1}}
    gateway.on("GET /commands/c-1", Answer(body={"status": "done", "http": 404, "refused": refused}))
    with pytest.raises(ApiError) as caught:
        fairway.datasets.build(title="x")
    assert (caught.value.status, caught.value.code, caught.value.details) == (404, "aois_not_found", {"a": 1})


def test_row_of_accepted_work_needs_no_waiting(fairway, gateway):
    gateway.on("POST /datasets/5/rebuild/", Answer(202, dataset(status="building")))
    assert fairway.datasets.rebuild(5).status == "building"
    assert gateway.paths("GET") == []


def test_problem_becomes_an_error(fairway, gateway):
    gateway.on("GET /datasets/5/", Answer(400, PROBLEM))
    with pytest.raises(ApiError, match="Invalid request data") as caught:
        fairway.datasets.get(5)
    error = caught.value
    assert (error.code, error.details, error.trace_id) == ("VALIDATION_ERROR", {"zoom": ["too small"]}, "t" * 32)


@pytest.mark.parametrize(
    ("body", "detail"),
    [({"error": "No address."}, "No address."), (b"<html>", "Bad Gateway"), ([1], "Bad Gateway")],
)
def test_other_bodies_are_survived(fairway, gateway, body, detail):
    gateway.on("GET /datasets/5/", Answer(502, body))
    with pytest.raises(ApiError) as caught:
        fairway.datasets.get(5)
    assert (caught.value.status, caught.value.detail) == (502, detail)


def test_silent_gateway_is_unreachable(gateway):
    gateway.on("GET /aois/1/", None)
    with pytest.raises(Unreachable):
        Transport(gateway.url, None).get("/aois/1/")
    assert len(gateway.asked) >= transport.MAX_ATTEMPTS


def test_busy_gateway_says_so_at_last(fairway, gateway):
    gateway.on("GET /datasets/5/", Answer(503, PROBLEM))
    with pytest.raises(ApiError) as caught:
        fairway.datasets.get(5)
    assert caught.value.status == 503


def test_profile_whose_counts_nobody_answers(fairway, gateway):
    gateway.on("GET /auth/me/", Answer(body={"osm_id": 7, "username": "m", "unread_notifications_count": None}))
    assert fairway.me().username == "m"


def test_file_is_downloaded_without_our_token(fairway, gateway, tmp_path):
    gateway.on("GET /file", Answer(body=b"x" * 100_000))
    seen: list[int] = []
    fairway.download(f"{gateway.url}/file", str(tmp_path / "f"), lambda size, total: seen.append(size))
    assert (tmp_path / "f").stat().st_size == sum(seen) == 100_000
    assert "authorization" not in gateway.asked[0].headers


def test_file_that_is_gone_leaves_the_old_one(fairway, gateway, tmp_path):
    (tmp_path / "f").write_text("old")
    with pytest.raises(Exception, match="404"):
        fairway.download(f"{gateway.url}/gone", str(tmp_path / "f"))
    assert (tmp_path / "f").read_text() == "old"
