"""Commands on the real service; no worker runs here, so rows wait."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import shapely
from nats.aio.msg import Msg
from prediction_values import box, facts_of, submission
from sqlalchemy import text

from contracts.catalog.models import GetModelSummary, KnownModel, LocalModelChanged
from contracts.prediction import (
    CancelRun,
    ChangePrediction,
    DeletePrediction,
    GetPrediction,
    GetRunLogs,
    GetRunState,
    ListPredictions,
    RetryPrediction,
    SetPredictionVisibility,
)
from contracts.prediction.usage import GetUsage
from contracts.shared import ANONYMOUS, Actor
from contracts.usage import UsageLimits
from contracts.verdict import Kind
from kit.errors import Forbidden, NotFound
from kit.messaging.tx import Tx
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, eventually
from pipelines.process_usage import ProcessUsage
from prediction.projections.tables import KnownModel as KnownRow
from prediction.runs.quota import RunQuota
from prediction.runs.tables import UsageRow
from runs.usage_records import Account


async def emitted(running, prediction_id: int) -> list[str]:
    """Types of what went into the outbox because of one prediction, oldest first."""
    sql = """select headers->>'ce-type' from outbox
             where (convert_from(data, 'utf8')::jsonb->>'prediction_id')::bigint = :id order by seq"""
    async with running.db.session() as session:
        return list((await session.scalars(text(sql), {"id": prediction_id})).all())


@pytest.mark.spec(
    "8.1", "id, zenml_run_id, local_model_stac_id, image_uri, geometry, zoom, params, remove_osm, visibility"
)
@pytest.mark.spec(
    "8.1",
    "description, status, results_ready, assets, mapswipe_project_id, category, user, submitted_at, last_polled_at",
)
@pytest.mark.spec("8.1", "no bbox in the row")
@pytest.mark.spec("8.3", "POST /predictions/submit/, params, remove_osm, description")
async def test_submitted_row_is_the_answer_and_is_readable(running, caller: Caller, model, tiles_url, village):
    command = submission(tiles_url, village, params={"confidence_threshold": 0.7}, description="first look")
    verdict = await caller.send(command)
    row = verdict.result
    assert verdict.http == 202
    assert (row["status"], row["visibility"], row["results_ready"], row["assets"]) == (
        "initializing",
        "private",
        False,
        None,
    )
    assert (row["local_model_stac_id"], row["category"], row["zenml_run_id"]) == ("toy", "buildings", None)
    assert row["geometry"] == command.model_dump(mode="json")["geometry"]
    assert (row["zoom"], row["params"], row["description"]) == (19, {"confidence_threshold": 0.7}, "first look")
    assert (row["image_uri"], row["remove_osm"]) == (command.image_uri, False)
    assert (row["id"] > 0, row["mapswipe_project_id"], row["last_polled_at"]) == (True, None, None)
    assert datetime.now(UTC) - datetime.fromisoformat(row["submitted_at"]) < timedelta(minutes=1)
    assert row["user"] == {"osm_id": MAPPER.id, "username": "mapper"}
    assert "bbox" not in row
    read = await caller.ask(GetPrediction(prediction_id=row["id"]))
    assert {**row, "user": read["user"]} == read
    assert sorted(await emitted(running, row["id"])) == [
        "evt.prediction.v1.prediction_submitted",
        "job.prediction.v1.drive_run",
    ]


async def test_repeated_command_makes_one_row(running, caller: Caller, model, tiles_url, village):
    key = uuid4()
    first = await caller.send(submission(tiles_url, village), command_id=key)
    assert await caller.send(submission(tiles_url, village), command_id=key) == first.model_copy(
        update={"replayed": True}
    )


BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
WRONG = {
    "no polygon": ({"geometry": {"type": "Point", "coordinates": [1, 2]}}, "geometry", "Polygon"),
    "bow tie": ({"geometry": BOW_TIE}, "geometry", "crosses"),
    "open ring": ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0]]]}}, "geometry", "four"),
    "off the map": ({"geometry": box(539, 0, 541, 1)}, "geometry", "540"),
    "beyond the tiles": ({"geometry": box(34, 86, 34.1, 86.1)}, "geometry", "85 degrees"),
    "too large": ({"geometry": box(34, -4, 35, -3)}, "geometry", "more than 300 tiles"),
    "zoom": ({"zoom": 13}, "zoom", "14"),
    "no template": ({"image_uri": "https://img.example.org/"}, "image_uri", "placeholders"),
    "private": ({"image_uri": "https://192.168.1.1/{z}/{x}/{y}"}, "image_uri", "public internet"),
    "private TileJSON": ({"image_uri": "http://169.254.169.254/tilejson.json"}, "image_uri", "https"),
    "unknown parameter": ({"params": {"epochs": 5}}, "params", "not a parameter"),
    "wrong type": ({"params": {"confidence_threshold": "high"}}, "params", "a number"),
    "out of range": ({"params": {"confidence_threshold": 1.5}}, "params", "0 and 1"),
    "not in the list": ({"params": {"mode": "rm"}}, "params", "boxes"),
    "long description": ({"description": "x" * 10_001}, "description", "10000"),
}  # fmt: skip


@pytest.mark.spec("8.3", "params, description")
@pytest.mark.parametrize("name", WRONG)
async def test_unsound_submission_names_the_field(running, caller: Caller, model, tiles_url, village, name):
    changes, field, words = WRONG[name]
    refused = await caller.send(submission(tiles_url, village, **changes))
    assert refused.kind is Kind.INVALID
    assert words in refused.facts[field][0]


@pytest.mark.parametrize(("zoom", "accepted"), [(16, False), (17, True)])
async def test_imagery_that_is_too_coarse_for_the_model_is_refused(
    running, caller: Caller, model, tiles_url, zoom, accepted
):
    """At the equator a pixel is 2.4 m wide at zoom 16, 1.2 m at zoom 17."""
    facts = facts_of("fine", onnx_uri="s3://nowhere/fine.onnx", coarsest_imagery=1.2)
    row = {"kind": "base", "model_id": 4, "user_id": ADMIN.id, "visibility": "public", "as_of": datetime.now(UTC)}
    async with running.db.session() as session:
        await session.merge(KnownRow(stac_item_id="fine", facts=facts.model_dump(mode="json"), **row))
        await session.commit()
    verdict = await caller.send(submission(tiles_url, (34, 0.1, 34.01, 0.11), model_stac_id="fine", zoom=zoom))
    if accepted:
        assert verdict.http == 202
    else:
        assert verdict.kind is Kind.INVALID
        assert "2.4 m wide there; this model reads imagery of 1.2 m" in verdict.facts["zoom"][0]


async def test_a_name_that_cannot_be_resolved_now_is_the_affair_of_the_run(running, caller: Caller, model, tiles_url,
                                                                           village):  # fmt: skip
    """It fails with the reason if that lasts (test_drive)."""
    gone = submission(tiles_url, village, image_uri="https://tiles.of-nobody.invalid/{z}/{x}/{y}.png")
    assert (await caller.send(gone)).http == 202


async def test_multipolygon_with_a_tilejson_is_accepted(running, caller: Caller, model, tiles_url, village):
    two = {"type": "MultiPolygon", "coordinates": [box(*village)["coordinates"]]}
    verdict = await caller.send(
        submission(tiles_url, village, geometry=two, image_uri=f"{tiles_url}/predict/tilejson.json")
    )
    assert verdict.result["geometry"]["type"] == "MultiPolygon"


@pytest.mark.spec("22.5", "MultiPolygon becomes a Polygon")
@pytest.mark.parametrize(
    "parts",
    [
        [(0, 0.6), (0.4, 1)],
        [(0, 0.5), (0.5, 1)],
        [(0, 0.3), (0.7, 1)],
    ],
)
async def test_several_polygons_become_one_where_that_is_asked(
    running, caller: Caller, model, tiles_url, village, parts
):
    """Overlapping ones, though they are no valid MultiPolygon; touching ones; the box around those that lie apart."""
    west, south, east, north = village
    strips = [(west + a * (east - west), west + b * (east - west)) for a, b in parts]
    several = {"type": "MultiPolygon", "coordinates": [box(a, south, b, north)["coordinates"] for a, b in strips]}
    command = submission(tiles_url, village, geometry=several).model_copy(update={"one_polygon": True})
    row = (await caller.send(command)).result
    made = await caller.ask(GetPrediction(prediction_id=row["id"]))
    assert made["geometry"] == row["geometry"]
    assert made["geometry"]["type"] == "Polygon"
    one, whole = shapely.geometry.shape(made["geometry"]), shapely.box(*village)
    assert one.symmetric_difference(whole).area < 1e-6 * whole.area


@pytest.fixture
async def catalog(caller: Caller):
    """Answers for the catalog: `answers` maps STAC ids to what it knows."""
    answers: dict[str, KnownModel] = {}
    asked: list[str] = []

    async def answer(msg: Msg) -> None:
        stac_id = GetModelSummary.model_validate_json(msg.data).stac_item_id
        asked.append(stac_id)
        await msg.respond(answers[stac_id].model_dump_json().encode() if stac_id in answers else b"null")

    subscription = await caller.bus.nc.subscribe(GetModelSummary.subject(), cb=answer)
    await caller.bus.nc.flush()
    yield answers, asked
    await subscription.unsubscribe()


async def test_unknown_model_is_asked_for_once(running, caller: Caller, catalog, no_models, tiles_url, village):
    answers, asked = catalog
    answers["late"] = KnownModel(
        kind="local", model_id=9, user_id=MAPPER.id, visibility="private", facts=facts_of("late")
    )
    for _ in range(2):
        verdict = await caller.send(submission(tiles_url, village, model_stac_id="late"))
        assert verdict.result["local_model_stac_id"] == "late"
    assert asked == ["late"]


@pytest.mark.parametrize("is_known", [False, True])
async def test_an_older_public_never_wins_over_a_newer_private(
    running, caller: Caller, no_models, tiles_url, village, is_known
):
    """The owner withdraws a model while the catalog's answer, which has it public, is on its way."""
    stac_id = f"withdrawn-{is_known}"
    facts = facts_of(stac_id)
    about = {"model_id": 9, "name": stac_id, "user_id": MAPPER.id, "stac_item_id": stac_id}
    told: list[KnownModel | None] = [KnownModel(kind="local", model_id=9, user_id=7, visibility="public", facts=facts)]

    async def is_noted(visibility: str) -> bool:
        async with running.db.session() as session:
            sql = "select visibility from known_models where stac_item_id = :id"
            return await session.scalar(text(sql), {"id": stac_id}) == visibility

    async def answer(msg: Msg) -> None:
        said, told[0] = told[0], None
        if said:
            await caller.publish(LocalModelChanged(**about, visibility="private"), ADMIN)
            await eventually(lambda: is_noted("private"))
        await msg.respond(said.model_dump_json().encode() if said else b"null")

    if is_known:
        await caller.publish(LocalModelChanged(**about, visibility="public"), ADMIN)
        await eventually(lambda: is_noted("public"))
    subscription = await caller.bus.nc.subscribe(GetModelSummary.subject(), cb=answer)
    await caller.bus.nc.flush()
    wanted = submission(tiles_url, village, model_stac_id=stac_id)
    assert (await caller.send(wanted, STRANGER)).status == "accepted", "it was public when it was asked for"
    for _ in range(2):
        assert (await caller.send(wanted, STRANGER)).code == "model_not_found"
    assert await is_noted("private")
    await subscription.unsubscribe()


@pytest.mark.spec("8.1", "category, category of the model")
@pytest.mark.parametrize("kind", ["local", "base"])
async def test_category_is_that_of_the_model(running, caller: Caller, catalog, no_models, tiles_url, village, kind):
    answers, _ = catalog
    facts = facts_of(f"{kind}-roads", category="roads")
    answers[facts.stac_item_id] = KnownModel(kind=kind, model_id=9, user_id=MAPPER.id, visibility="public", facts=facts)
    row = (await caller.send(submission(tiles_url, village, model_stac_id=facts.stac_item_id))).result
    public = SetPredictionVisibility(prediction_id=row["id"], visibility="public")
    shown = (await caller.send(public)).result
    read = await caller.ask(GetPrediction(prediction_id=row["id"], public=True), ANONYMOUS)
    listed = await caller.ask(ListPredictions(local_model_stac_id=facts.stac_item_id))
    assert [one["category"] for one in (row, shown, read, listed["results"][0])] == ["roads"] * 4


@pytest.mark.spec("8.3", "unknown model 404")
async def test_models_one_may_not_see_are_not_there(running, caller: Caller, catalog, no_models, tiles_url, village):
    answers, _ = catalog
    answers["mine"] = KnownModel(
        kind="local", model_id=9, user_id=MAPPER.id, visibility="private", facts=facts_of("mine")
    )
    mine, none = (submission(tiles_url, village, model_stac_id=name) for name in ("mine", "none"))
    await caller.send(mine)
    assert (await caller.send(mine, STRANGER)).code == (await caller.send(none)).code == "model_not_found"
    assert (await caller.send(mine, ADMIN)).http == 202
    await caller.publish(
        LocalModelChanged(model_id=9, name="mine", user_id=7, stac_item_id="mine", visibility="public")
    )

    async def visible():
        return (await caller.send(mine, STRANGER)).status == "accepted"

    await eventually(visible)


async def test_stop_before_a_worker_has_it(running, caller: Caller, model, tiles_url, village):
    row = (await caller.send(submission(tiles_url, village))).result
    stopped = await caller.send(CancelRun(prediction_id=row["id"]))
    assert stopped.result == {"run_id": None, "status": "stopped", "graceful": False}
    again = await caller.send(CancelRun(prediction_id=row["id"]))
    assert (again.kind, again.code) == (Kind.CONFLICT, "RUN_ALREADY_FINISHED")
    assert "evt.prediction.v1.prediction_stopped" in await emitted(running, row["id"])


async def test_stopped_prediction_can_be_tried_again(running, caller: Caller, model, tiles_url, village):
    row = (await caller.send(submission(tiles_url, village))).result
    assert (await caller.send(RetryPrediction(prediction_id=row["id"]))).kind is Kind.CONFLICT
    await caller.send(CancelRun(prediction_id=row["id"]))
    verdict = await caller.send(RetryPrediction(prediction_id=row["id"]))
    assert (verdict.http, verdict.result["status"]) == (202, "initializing")
    assert (await emitted(running, row["id"])).count("job.prediction.v1.drive_run") == 2


@pytest.mark.spec("8.5", "POST /predictions/{id}/publish/, POST /predictions/{id}/unpublish/, private 404, public 403")
async def test_others_may_neither_see_nor_change_a_private_row(running, caller: Caller, model, tiles_url, village):
    row = (await caller.send(submission(tiles_url, village))).result
    for message in (RetryPrediction, SetPredictionVisibility, CancelRun):
        command = message(
            prediction_id=row["id"], **({"visibility": "public"} if message is SetPredictionVisibility else {})
        )
        assert (await caller.send(command, STRANGER)).kind is Kind.NOT_FOUND
    shown = await caller.send(SetPredictionVisibility(prediction_id=row["id"], visibility="public"))
    assert shown.result["visibility"] == "public"
    hide = SetPredictionVisibility(prediction_id=row["id"], visibility="private")
    assert (await caller.send(hide, STRANGER)).kind is Kind.FORBIDDEN
    assert (await caller.ask(GetPrediction(prediction_id=row["id"]), ANONYMOUS))["id"] == row["id"]
    assert (await caller.send(hide, ADMIN)).result["visibility"] == "private"


@pytest.mark.spec("8.2", "PATCH /predictions/{id}/ changes the description")
async def test_description_is_changed_by_owner_and_admin(running, caller: Caller, model, tiles_url, village):
    row = (await caller.send(submission(tiles_url, village, description="first"))).result
    command = ChangePrediction(prediction_id=row["id"], description="second")
    assert (await caller.send(command, STRANGER)).kind is Kind.NOT_FOUND
    assert (await caller.send(command)).result["description"] == "second"
    linked = await caller.send(ChangePrediction(prediction_id=row["id"], mapswipe_project_id="77"), ADMIN)
    assert (linked.result["description"], linked.result["mapswipe_project_id"]) == ("second", "77")
    long = ChangePrediction(prediction_id=row["id"], description="x" * 10_001)
    assert list((await caller.send(long)).facts) == ["description"]


@pytest.mark.spec("25", "DELETE /predictions/{id}/")
async def test_only_an_ended_prediction_is_deleted(running, caller: Caller, model, tiles_url, village):
    row = (await caller.send(submission(tiles_url, village))).result
    command = DeletePrediction(prediction_id=row["id"])
    assert (await caller.send(command)).code == "RUN_NOT_FINISHED"
    await caller.send(CancelRun(prediction_id=row["id"]))
    assert (await caller.send(command, STRANGER)).kind is Kind.NOT_FOUND
    assert (await caller.send(command)).http == 204
    with pytest.raises(NotFound):
        await caller.ask(GetPrediction(prediction_id=row["id"]))
    assert {"evt.prediction.v1.prediction_deleted", "job.prediction.v1.clean_up"} <= set(
        await emitted(running, row["id"])
    )


@pytest.mark.spec("7.4", "GET /predictions/runs/{run_id}/status/ of an earlier attempt")
@pytest.mark.spec("7.5", "GET /predictions/runs/{run_id}/logs/ of an earlier attempt")
@pytest.mark.spec("7.6", "POST /predictions/runs/{run_id}/cancel/ of an earlier attempt is 409 RUN_ALREADY_FINISHED")
async def test_earlier_runs_can_still_be_looked_into(running, caller: Caller, model, tiles_url, village):
    row, first = (await caller.send(submission(tiles_url, village))).result, str(uuid4())
    async with running.db.session() as session:
        await session.execute(text(f"insert into prediction_runs values ('{first}', {row['id']}, 1)"))
        await session.execute(text(f"update predictions set attempt = 2, run_id = '{uuid4()}' where id = {row['id']}"))
        await session.commit()
    earlier = await caller.ask(GetRunState(run_id=first))
    assert earlier == {"run_id": first, "status": "retried", "is_terminal": True}
    with pytest.raises(NotFound, match=first):  # the question reaches the pipeline server, which never had this run
        await caller.ask(GetRunLogs(run_id=first))
    assert (await caller.send(CancelRun(run_id=first))).code == "RUN_ALREADY_FINISHED"


@pytest.mark.spec("1.5", "unseen rows are 404, seen but not owned is 403")
@pytest.mark.parametrize(("visibility", "error"), [("public", Forbidden), ("private", NotFound)])
async def test_runs_are_closed_to_strangers_and_hidden_with_their_prediction(
    running, caller: Caller, model, tiles_url, village, visibility, error
):
    row, run_id = (await caller.send(submission(tiles_url, village))).result, str(uuid4())
    await caller.send(SetPredictionVisibility(prediction_id=row["id"], visibility=visibility))
    async with running.db.session() as session:
        await session.execute(text(f"insert into prediction_runs values ('{run_id}', {row['id']}, 1)"))
        await session.execute(text(f"update predictions set run_id = '{run_id}' where id = {row['id']}"))
        await session.commit()
    for query in (GetRunState(run_id=run_id), GetRunLogs(run_id=run_id)):
        with pytest.raises(error):
            await caller.ask(query, STRANGER)
    cancel = CancelRun(run_id=run_id)
    assert (await caller.send(cancel, STRANGER)).kind == ("forbidden" if error is Forbidden else "not_found")
    assert (await caller.send(cancel, ADMIN)).result["status"] == "stopping"


EAGER = Actor(id=4801, username="eager")


async def test_unfinished_predictions_of_one_person_have_a_limit(
    running, caller: Caller, model, tiles_url, village, monkeypatch
):
    """Also of many that are asked for at the same time, and of those that are tried again."""
    most = 4
    monkeypatch.setattr(next(part for part in running.provides if isinstance(part, RunQuota)), "most", most)

    def is_full(verdict) -> bool:
        assert (verdict.kind, verdict.code) == (Kind.TOO_MANY, "too_many_unfinished")
        assert f"{most} unfinished predictions" in verdict.detail
        assert "cancel one" in verdict.detail
        return verdict.facts["limit"] == most

    command = submission(tiles_url, village)
    first = (await caller.send(command, EAGER)).result["id"]
    await caller.send(CancelRun(prediction_id=first), EAGER)
    sent = await asyncio.gather(*(caller.send(command, EAGER) for _ in range(2 * most)))
    refused = [verdict for verdict in sent if verdict.status == "refused"]
    assert len(refused) == most
    assert all(map(is_full, refused))
    retry = RetryPrediction(prediction_id=first)
    assert is_full(await caller.send(retry, EAGER))
    assert is_full(await caller.send(retry, ADMIN))
    assert (await caller.send(command, STRANGER)).status == "accepted"
    taken = next(verdict.result["id"] for verdict in sent if verdict.status == "accepted")
    await caller.send(CancelRun(prediction_id=taken), EAGER)
    assert (await caller.send(retry, EAGER)).status == "accepted"


async def test_costs_of_a_month_have_a_limit(running, caller: Caller, model, tiles_url, village, monkeypatch):
    spender = Actor(id=4811, username="spender")
    quota = next(part for part in running.provides if isinstance(part, RunQuota))
    monkeypatch.setattr(quota, "usage", UsageLimits(cpu_seconds=60.0))
    command = submission(tiles_url, village)
    first = (await caller.send(command, spender)).result["id"]
    tx = Tx(running.db, "prediction")
    Account(UsageRow, first, 1, spender.id).process().write(ProcessUsage(61.5, 0.0, 2_000), tx)
    await tx.commit()
    await caller.send(CancelRun(prediction_id=first), spender)
    for refused in (command, RetryPrediction(prediction_id=first)):
        verdict = await caller.send(refused, spender)
        assert (verdict.kind, verdict.code) == (Kind.TOO_MANY, "usage_limit")
        assert "predictions have used 62 of the 60 processor seconds" in verdict.detail
    assert (await caller.send(command, STRANGER)).status == "accepted"
    report = await caller.ask(GetUsage(), spender)
    assert report["limits"] == {"cpu_seconds": 60.0, "gpu_seconds": None, "stored_bytes": None}
    assert [(entry["runs"], entry["cpu_seconds"]) for entry in report["entries"]] == [(1, 61.5)]
