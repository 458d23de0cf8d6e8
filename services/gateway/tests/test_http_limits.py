"""Rate limits that replicas share."""

import asyncio

import httpx
import pytest

from contracts.catalog.datasets import BuildDataset, BuildDraft, RebuildDataset
from contracts.notify.webhooks import ChangeWebhook, VerifyWebhook
from contracts.prediction import GetResultFile, HeadResultFile, RetryPrediction, SubmitPrediction
from contracts.training import CloneTraining, ListTrainings, RetryTraining, SubmitTraining
from contracts.verdict import Accepted, Kind, Refused
from gateway.apis.fair.runs.predictions import EXAMPLE as PREDICTION
from gateway.apis.fair.runs.trainings import EXAMPLE as TRAINING
from gateway.http.limits.leases import Limiter
from gateway.http.limits.rates import Rate
from gateway.http.limits.throttle import network
from gateway.http.policy_route import PolicyRoute


async def spent(limiter: Limiter, key: str, rate: Rate, times: int) -> int:
    spending = (limiter.spend("test", key, rate) for _ in range(times))
    return sum(allowance.allowed for allowance in await asyncio.gather(*spending))


@pytest.mark.spec("1.6", "counters shared between processes")
@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
async def test_two_replicas_share_one_limit(running, limit):
    """Both ask for more than there is, at the same time; neither grants what the other has."""
    one, two, rate = Limiter(running.db), Limiter(running.db), Rate(limit, 86_400)
    granted = sum(await asyncio.gather(*(spent(x, f"shared-{limit}", rate, limit) for x in (one, two))))
    assert limit * 0.9 <= granted <= limit


async def test_one_replica_grants_the_whole_limit_in_few_round_trips(running, monkeypatch):
    limiter, leases = Limiter(running.db), []
    take = limiter._take

    async def counted(*args):
        leases.append(args)
        return await take(*args)

    monkeypatch.setattr(limiter, "_take", counted)
    assert await spent(limiter, "alone", Rate(1000, 86_400), 1200) == 1000
    assert len(leases) < 50


async def test_next_window_begins_anew(running, monkeypatch):
    from gateway.http.limits import leases

    now = [1_000_000.0]
    monkeypatch.setattr(leases.time, "time", lambda: now[0])
    limiter, rate = Limiter(running.db), Rate(2, 60)
    assert await spent(limiter, "later", rate, 3) == 2
    refused = await limiter.spend("test", "later", rate)
    assert (refused.allowed, refused.remaining, refused.reset) == (False, 0, 20)
    now[0] += refused.reset
    assert await spent(limiter, "later", rate, 3) == 2


@pytest.mark.spec("1.4", "RATE_LIMIT_EXCEEDED")
@pytest.mark.spec("1.6", "anonymous rate, Retry-After, unthrottled routes, counted by client address")
async def test_limit_over_http(http, running, monkeypatch, problem):
    monkeypatch.setattr(running.context.settings, "anon_rate", Rate(3, 86_400))
    running.context.kpi.put("kpi", {"total_registered_users": 1}, 60)
    await forget(running, "anon")
    answers = [await http.get("/api/") for _ in range(4)]
    assert [a.headers["ratelimit-remaining"] for a in answers] == ["2", "1", "0", "0"]
    body = problem(answers[3], 429)
    assert body["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert 0 < int(answers[3].headers["retry-after"]) <= 86_400
    assert answers[3].headers["ratelimit-limit"] == "3"
    # fAIr left its health unthrottled too. It costs every server of the deployment a question: here it has the limit.
    problem(await http.get("/api/v1/health/"), 429)
    assert (await http.get("/api/v1/kpi/stats/")).status_code == 200
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(base_url=http.base_url, transport=elsewhere) as neighbour:
        assert (await neighbour.get("/api/")).status_code == 200
    running.context.kpi.put("kpi", {}, 0)
    await forget(running, "anon")


@pytest.mark.spec("1.6", "training_submit scope, submit scopes replace the default, only the submits count")
async def test_submits_have_limits_of_their_own(http, owners, running, monkeypatch, chief, problem):
    owners.judge(SubmitTraining, Accepted(result={}, http=202))
    owners.judge(SubmitPrediction, Accepted(result={}, http=202))
    owners.answer(ListTrainings, {"count": 0, "results": []})
    monkeypatch.setattr(running.context.settings, "training_rate", Rate(2, 86_400))
    monkeypatch.setattr(running.context.settings, "user_rate", Rate(1, 86_400))
    await forget(running, "training_submit")
    await forget(running, "user")
    assert (await http.get("/api/v1/trainings/", headers=chief)).status_code == 200
    for status in (202, 202, 429):
        response = await http.post("/api/v1/trainings/submit/", json=TRAINING, headers=chief)
        assert response.status_code == status
    assert (await http.post("/api/v1/predictions/submit/", json=PREDICTION, headers=chief)).status_code == 202
    async with running.db.raw() as connection:
        row = await connection.execute("select taken from rate_leases where scope = 'training_submit'")
        assert (await row.fetchone())[0] == 2, "leased one by one"
    await forget(running, "user")


@pytest.mark.spec("1.6", "user rate, prediction_submit scope")
@pytest.mark.parametrize(("setting", "scope"), [("user_rate", "user"), ("prediction_rate", "prediction_submit")])
async def test_each_user_has_a_rate(http, owners, running, monkeypatch, chief, problem, setting, scope):
    owners.judge(SubmitPrediction, Accepted(result={}, http=202))
    monkeypatch.setattr(running.context.settings, setting, Rate(2, 86_400))
    await forget(running, scope)

    async def ask():
        if scope == "user":
            return await http.get("/api/v1/auth/status/", headers=chief)
        return await http.post("/api/v1/predictions/submit/", json=PREDICTION, headers=chief)

    assert [(await ask()).status_code < 300 for _ in range(2)] == [True, True]
    assert problem(await ask(), 429)["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    await forget(running, scope)


async def test_whatever_may_call_an_address_has_one_limit(http, owners, running, monkeypatch, chief, problem):
    owners.judge(VerifyWebhook, Accepted(result={}, http=202))
    owners.judge(ChangeWebhook, Accepted(result={}, http=200))
    monkeypatch.setattr(running.context.settings, "webhook_rate", Rate(3, 86_400))
    await forget(running, "webhook")
    one = "/api/v1/webhooks/4/"
    calls = {("POST", "/api/v1/webhooks/"): 400, ("PATCH", one): 200, ("POST", f"{one}verify/"): 202}
    for call, status in calls.items():
        assert (await http.request(*call, json={}, headers=chief)).status_code == status
    for call in calls:
        problem(await http.request(*call, json={}, headers=chief), 429)
    await forget(running, "webhook")


async def test_files_of_results_have_a_limit_of_their_own(http, owners, running, monkeypatch, chief, problem):
    """For an address, with login or without; other requests have theirs still."""
    owners.answer(GetResultFile, {"url": "https://store.example/k", "expires_in": 900})
    owners.answer(HeadResultFile, Refused(kind=Kind.NOT_FOUND, code="file_not_found"))
    monkeypatch.setattr(running.context.settings, "result_rate", Rate(3, 86_400))
    await forget(running, "result_file")
    path = "/api/v1/predictions/31/results/predictions.fgb"
    assert (await http.get(path)).headers["ratelimit-limit"] == "3"
    assert (await http.get(path, headers=chief)).headers["ratelimit-remaining"] == "1"
    assert (await http.head(path)).status_code == 404
    refused = await http.get(path, headers={"origin": "https://map.somewhere.example"})
    problem(refused, 429)
    assert "retry-after" in refused.headers["access-control-expose-headers"]
    assert (await http.get("/api/v1/auth/status/", headers=chief)).status_code == 200
    await forget(running, "result_file")


async def test_missing_credentials_are_throttled_too(http, running, monkeypatch, problem, mapper):
    """By themselves: who only reads public things keeps their own limit, and so does whoever is logged in."""
    monkeypatch.setattr(running.context.settings, "anon_rate", Rate(4, 86_400))
    await forget(running, "unauthenticated")
    await forget(running, "anon")
    made_up = {"authorization": "Bearer made-up"}
    calls = [("GET", "/api/v1/auth/me/", {}), ("POST", "/api/v1/aois/", {}), ("GET", "/api/v1/auth/status/", made_up)]
    for call in calls:
        assert (await http.request(call[0], call[1], headers=call[2])).status_code == 401
    assert (await http.post("/api/v1/dataset/")).status_code == 403, "v1 says it so"
    for call in calls:
        assert problem(await http.request(call[0], call[1], headers=call[2]), 429)["error"]["code"]
    assert (await http.get("/api/v1/auth/status/")).status_code == 200
    assert (await http.get("/api/v1/auth/me/", headers=mapper)).status_code == 200
    await forget(running, "unauthenticated")
    await forget(running, "anon")


async def forget(running, scope: str) -> None:
    async with running.db.raw() as connection:
        await connection.execute("delete from rate_leases where scope = %s", (scope,))
    running.context.limiter._buckets.clear()


@pytest.mark.spec("1.6", "rate syntax")
@pytest.mark.parametrize(
    ("text", "rate"),
    [("10/h", Rate(10, 3600)), ("5/second", Rate(5, 1)), (" 100 / m", Rate(100, 60)), ("1/d", Rate(1, 86_400))],
)
def test_rates_as_written(text, rate):
    assert Rate.parse(text) == rate


@pytest.mark.parametrize("text", ["10", "0/h", "ten/h", "10/w", "-1/h"])
def test_other_rates_are_refused(text):
    with pytest.raises(ValueError, match="must look like"):
        Rate.parse(text)


@pytest.mark.parametrize(
    ("host", "key"),
    [("10.0.0.7", "10.0.0.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("testclient", "testclient")],
)
def test_one_subscriber_is_one_address(host, key):
    class Request:
        class client:
            pass

    Request.client.host = host
    assert network(Request) == key


STARTS = {
    "training_submit": {SubmitTraining, CloneTraining, RetryTraining},
    "prediction_submit": {SubmitPrediction, RetryPrediction},
}


def test_whatever_starts_a_run_counts_as_one_and_is_sensitive(running):
    """However a run is asked for, once more or for the first time, of today or of then: its session is looked at."""
    rules = [(route.path, route.rule) for route in running.app.routes if isinstance(route, PolicyRoute)]
    for scope, commands in STARTS.items():
        starting = [(path, rule) for path, rule in rules if commands & set(rule.sends)]
        assert commands <= {command for _, rule in starting for command in rule.sends}
        assert [path for path, rule in starting if rule.scope != scope or not rule.is_sensitive("POST")] == []


def test_builds_count_alike_however_they_are_asked_for(running):
    builds = {BuildDataset, BuildDraft, RebuildDataset}
    rules = [route.rule for route in running.app.routes if isinstance(route, PolicyRoute)]
    alone = [rule for rule in rules if set(rule.sends) & builds and not set(rule.sends) - builds]
    assert {command for rule in alone for command in rule.sends} == builds
    assert len({(rule.scope, rule.is_sensitive("POST")) for rule in alone}) == 1


@pytest.mark.parametrize(
    ("command", "path", "setting", "scope"),
    [
        (RetryTraining, "/api/v1/trainings/3/retry/", "training_rate", "training_submit"),
        (CloneTraining, "/api/v1/trainings/3/clone/", "training_rate", "training_submit"),
        (RetryPrediction, "/api/v1/predictions/3/retry/", "prediction_rate", "prediction_submit"),
        (RetryPrediction, "/api/v1/prediction/3/retry/", "prediction_rate", "prediction_submit"),
    ],
)
async def test_retries_spend_what_submissions_spend(
    http, owners, running, monkeypatch, chief, command, path, setting, scope
):
    owners.judge(command, Accepted(result={}, http=202))
    monkeypatch.setattr(running.context.settings, setting, Rate(2, 86_400))
    await forget(running, scope)
    answers = [(await http.post(path, headers=chief)).status_code for _ in range(3)]
    assert answers[2] == 429
    assert 429 not in answers[:2]
    await forget(running, scope)
