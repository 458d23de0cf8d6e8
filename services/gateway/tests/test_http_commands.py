"""Body → command → verdict → answer."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from starlette.requests import Request

from contracts import OWNERS
from contracts.catalog.areas import CreateAoi, DeleteAoi
from contracts.catalog.areas import GetCommand as GetCatalogCommand
from contracts.catalog.datasets import BuildDataset
from contracts.catalog.models import PublishLocalModel
from contracts.catalog.stars import AddStar
from contracts.training import GetCommand, SubmitTraining
from contracts.verdict import Accepted, Kind, Refused
from gateway.apis.fair.data.aois import EXAMPLE as AOI
from gateway.apis.fair.data.datasets import EXAMPLE as DATASET
from gateway.apis.fair.runs.trainings import EXAMPLE as TRAINING
from gateway.http.commands import send
from gateway.http.limits.owner_circuits import TIMEOUTS
from gateway.http.policy import Policy, Rule
from gateway.http.request_context import RequestContext
from gateway.identity.provider import ANONYMOUS_IDENTITY
from kit.testing import eventually

ROW = {"id": 5, "title": "Hilltop roofs"}


async def test_accepted_command_answers_with_its_result(http, owners, mapper):
    owners.judge(CreateAoi, Accepted(result={"type": "Feature"}, http=201))
    response = await http.post("/api/v1/aois/", json=AOI, headers=mapper)
    assert (response.status_code, response.json()) == (201, {"type": "Feature"})
    assert owners.last(CreateAoi) == {"geometry": AOI["geometry"], "dataset": None}


async def test_delete_answers_without_a_body(http, owners, mapper):
    owners.judge(DeleteAoi, Accepted(http=204))
    response = await http.delete("/api/v1/aois/3", headers=mapper)
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.spec("1.4", "detail")
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Kind.NOT_FOUND, 404), (Kind.FORBIDDEN, 403), (Kind.CONFLICT, 409), (Kind.INVALID, 400),
        (Kind.UNPROCESSABLE, 422), (Kind.EXPIRED, 503),
    ],
)  # fmt: skip
async def test_refusal_becomes_a_problem(http, owners, mapper, problem, kind, status):
    owners.judge(PublishLocalModel, Refused(kind=kind, code="some_reason", detail="Words for people."))
    body = problem(await http.post("/api/v1/trainings/9/publish/", headers=mapper), status)
    assert body["detail"] == "Words for people."
    assert body["error"]["details"]["reason"] == "some_reason"
    assert kind is not Kind.FORBIDDEN or body["error"]["code"] == "AUTHORIZATION_ERROR"


async def test_route_sends_only_what_it_declares(running):
    rule = Rule(Policy.OWNER, sends=(CreateAoi,))
    request = Request(
        {
            "type": "http",
            "path": "/",
            "headers": [],
            "fairway.context": RequestContext(running.context, ANONYMOUS_IDENTITY, {}, rule),
        }
    )
    with pytest.raises(TypeError, match="does not declare"):
        await send(request, DeleteAoi(aoi_id=1))


@pytest.mark.spec("1.4", "one-field failures")
async def test_fields_of_an_invalid_command_are_details(http, owners, mapper, problem):
    owners.judge(BuildDataset, Refused(kind=Kind.INVALID, code="no", facts={"category": ["Unknown category."]}))
    body = problem(await http.post("/api/v1/datasets/build/", json=DATASET, headers=mapper), 400)
    assert body["error"]["details"] == {"category": ["Unknown category."]}


async def test_silence_is_pending_and_can_be_asked_for(http, owners, mapper, stranger, chief, problem):
    response = await http.post("/api/v1/trainings/submit/", json=TRAINING, headers=mapper)
    assert (response.status_code, response.json()["status"]) == (202, "pending")
    place = response.headers["location"]
    assert place == f"/api/v1/commands/{response.json()['id']}"

    owners.answer(GetCommand, Refused(kind=Kind.NOT_FOUND, code="command_not_found"))
    pending = (await http.get(place, headers=mapper)).json()
    assert (pending["status"], pending["type"]) == ("pending", "cmd.training.v1.submit_training")

    verdict = Accepted(result={"id": 9}, http=202).model_dump()
    owners.answer(GetCommand, {"verdict": verdict, "judged_at": "2026-11-21T00:00:00Z"})
    done = (await http.get(place, headers=chief)).json()
    assert (done["status"], done["http"], done["result"]) == ("done", 202, {"id": 9})
    problem(await http.get(place, headers=stranger), 404)
    problem(await http.get(place), 401)
    for owner in OWNERS:
        owners.queries[f"qry.{owner}.v1.get_command"] = Refused(kind=Kind.NOT_FOUND, code="command_not_found")
    problem(await http.get(f"/api/v1/commands/{uuid4()}/", headers=mapper), 404)
    problem(await http.get("/api/v1/commands/7/", headers=mapper), 404)


async def test_refused_command_shows_its_reason_later(http, owners, mapper):
    place = (await http.post("/api/v1/trainings/submit/", json=TRAINING, headers=mapper)).headers["location"]
    verdict = Refused(kind=Kind.FORBIDDEN, code="not_yours").model_dump(mode="json")
    owners.answer(GetCommand, {"verdict": verdict, "judged_at": "2026-11-21T00:00:00Z"})
    done = (await http.get(place, headers=mapper)).json()
    assert (done["http"], done["refused"]["code"]) == (403, "not_yours")


async def test_silence_on_a_plain_edit_is_503(http, owners, mapper, problem):
    response = await http.post("/api/v1/aois/", json=AOI, headers=mapper)
    error = problem(response, 503)["error"]
    assert (error["code"], error["details"]["reason"]) == ("SERVICE_UNAVAILABLE", "no_verdict")
    assert "within 30 seconds" in error["details"]["detail"]
    assert response.headers["retry-after"]


async def test_same_key_is_the_same_command(http, owners, mapper, stranger, problem):
    owners.judge(BuildDataset, Accepted(result=ROW, http=202))
    key = {"idempotency-key": f"build {uuid4()}"}
    first = await http.post("/api/v1/datasets/build/", json=DATASET, headers=mapper | key)
    owners.answer(GetCatalogCommand, judged(Accepted(result=ROW, http=202)))
    again = await http.post("/api/v1/datasets/build", json=DATASET, headers=mapper | key)
    other = await http.post("/api/v1/datasets/build/", json=DATASET, headers=stranger | key)
    assert first.json() == again.json() == ROW
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in other.headers
    ids = [headers["ce-id"] for kind, _, headers in owners.heard if kind == BuildDataset.ce_type()]
    assert len(set(ids)) == len(ids) == 2, "a repeat is not sent"
    changed = DATASET | {"zoom": 18}
    problem(await http.post("/api/v1/datasets/build/", json=changed, headers=mapper | key), 422)


async def test_keys_of_strangers_are_those_of_their_addresses(http, owners):
    owners.judge(AddStar, Accepted(result={"starred": True, "star_count": 1}, http=201))
    owners.answer(GetCatalogCommand, judged(Accepted(result={"starred": True, "star_count": 1}, http=201)))
    key, place = {"idempotency-key": str(uuid4())}, "/api/v1/stars/?target_id=roofs"
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(base_url=http.base_url, transport=elsewhere) as neighbour:
        answers = [await one.post(place, headers=key) for one in (http, neighbour, http)]
    assert [answer.status_code for answer in answers] == [201] * 3
    ids = [headers["ce-id"] for kind, _, headers in owners.heard if kind == AddStar.ce_type()]
    assert len(set(ids)) == len(ids) == 2


def judged(verdict: Accepted) -> dict:
    return {"verdict": verdict.model_dump(mode="json"), "judged_at": "2026-11-21T00:00:00Z"}


async def test_repeats_wait_for_the_first_verdict_and_are_not_sent(http, owners, mapper):
    """Impatient clients of an owner that is silent."""
    owners.answer(GetCatalogCommand, Refused(kind=Kind.NOT_FOUND, code="command_not_found"))
    key = {"idempotency-key": str(uuid4())}

    async def post() -> int:
        return (await http.post("/api/v1/aois/", json=AOI, headers=mapper | key)).status_code

    assert await asyncio.gather(*(post() for _ in range(6))) == [503] * 6
    assert await post() == 503
    assert len([kind for kind, _, _ in owners.heard if kind == CreateAoi.ce_type()]) == 1
    owners.answer(GetCatalogCommand, judged(Accepted(result={"type": "Feature"}, http=201)))
    assert await post() == 201


async def test_twins_of_another_body_are_refused_while_the_first_waits(http, owners, mapper):
    owners.answer(GetCatalogCommand, Refused(kind=Kind.NOT_FOUND, code="command_not_found"))
    key = {"idempotency-key": str(uuid4())}
    bodies = (AOI, AOI | {"properties": {"dataset": 5}})
    answers = await asyncio.gather(*(http.post("/api/v1/aois/", json=one, headers=mapper | key) for one in bodies))
    assert sorted(answer.status_code for answer in answers) == [422, 503]


async def test_an_owner_that_is_behind_gets_a_few_commands_only(http, owners, mapper, running):
    """Nothing is sent that would wait in vain, and clients are told at once."""
    running.context.circuits.of("catalog").timeouts = TIMEOUTS
    answers = await asyncio.gather(*(http.post("/api/v1/aois/", json=AOI, headers=mapper) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {503}
    reasons = [answer.json()["error"]["details"]["reason"] for answer in answers]
    assert sorted(reasons) == ["no_verdict", *["owner_behind"] * 4]
    assert all(answer.headers["retry-after"] for answer in answers)
    owners.judge(CreateAoi, Accepted(result={}, http=201))
    await eventually(lambda: _created(http, mapper))
    assert running.context.circuits.of("catalog").timeouts == 0


async def test_repeats_of_an_owner_that_is_behind_are_told_at_once(http, owners, mapper, running):
    """The owner is not asked what became of the first ones: that would keep it behind."""
    owners.answer(GetCatalogCommand, Refused(kind=Kind.NOT_FOUND, code="command_not_found"))
    keys = [{"idempotency-key": str(uuid4())} for _ in range(5)]

    async def post(key: dict[str, str]) -> str:
        answer = await http.post("/api/v1/aois/", json=AOI, headers=mapper | key)
        return answer.json()["error"]["details"]["reason"]

    running.context.circuits.of("catalog").timeouts = 0
    assert {await post(keys[0]), *await asyncio.gather(*map(post, keys[1:]))} == {"no_verdict"}
    running.context.circuits.of("catalog").timeouts = TIMEOUTS
    asked = len(owners.heard)
    assert sorted(await asyncio.gather(*map(post, keys))) == ["no_verdict", *["owner_behind"] * 4]
    assert len(owners.heard) - asked <= 6, "one repeat looks for its verdict, with growing pauses"
    running.context.circuits.of("catalog").timeouts = 0


async def _created(http, mapper) -> bool:
    return (await http.post("/api/v1/aois/", json=AOI, headers=mapper)).status_code == 201


async def test_replayed_profile_change_happens_once(http, mapper, problem):
    """The gateway's own inbox this time."""
    key = {"idempotency-key": str(uuid4())}
    first = await http.patch("/api/v1/auth/me/", json={"email": "a@map.example"}, headers=mapper | key)
    await http.patch("/api/v1/auth/me/", json={"email": "b@map.example"}, headers=mapper)
    again = await http.patch("/api/v1/auth/me/", json={"email": "a@map.example"}, headers=mapper | key)
    assert first.json()["email"] == again.json()["email"] == "a@map.example"
    assert again.headers["idempotent-replayed"] == "true"
    assert (await http.get("/api/v1/auth/me/", headers=mapper)).json()["email"] == "b@map.example"


@pytest.mark.parametrize("key", ["", "x" * 129, "tab\tinside", "ümlaut"])
async def test_bad_key_is_refused(http, owners, mapper, problem, key):
    headers = [*mapper.items(), ("idempotency-key", key.encode("latin-1"))]
    body = problem(await http.post("/api/v1/datasets/build/", json=DATASET, headers=headers), 400)
    assert "Idempotency-Key" in body["error"]["details"]
    assert not owners.heard


async def test_actor_travels_with_the_command(http, owners, chief):
    owners.judge(SubmitTraining, Accepted(http=202))
    await http.post("/api/v1/trainings/submit/", json=TRAINING, headers=chief)
    actor = owners.heard[-1][2]["ce-actor"]
    assert '"id":9' in actor
    assert '"admin"' in actor
