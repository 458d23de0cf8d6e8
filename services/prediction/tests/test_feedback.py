"""Feedback: what may be said, who reads it, what is told of it."""

import asyncio
import json

import pytest
import pytest_asyncio
from sqlalchemy import insert, text
from test_runs_queries import PLACE, _values

from contracts.catalog.models import BaseModelRegistered, LocalModelPublished
from contracts.prediction.feedback import (
    ChangeFeedback,
    CountFeedback,
    CountJudgements,
    GetFeedback,
    GiveFeedback,
    ListFeedback,
    RemoveFeedback,
)
from contracts.shared import ANONYMOUS, Actor, Page
from kit.errors import Forbidden, NotFound
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, eventually, example
from prediction.feedback.quota import FeedbackQuota
from prediction.runs.tables import PredictionRow

POINT = {"type": "Point", "coordinates": [10.05, 50.05]}
RING = [[10.0, 50.0], [10.01, 50.0], [10.01, 50.01], [10.0, 50.01], [10.0, 50.0]]
SURFACE = {"type": "Polygon", "coordinates": [RING]}
COUNTED = Actor(id=4711, username="counted")
OTHER = Actor(id=4712, username="other")


@pytest_asyncio.fixture(scope="module")
async def parents(running, caller: Caller) -> dict[str, int]:
    """A public and a private prediction of the mapper's; `open-model` is public, `secret-model` is not."""
    ids = {"public": 7001, "private": 7002}
    async with running.db.session() as session:
        for number, (visibility, row_id) in enumerate(ids.items()):
            changes = {"id": row_id, "visibility": visibility, "geom": PLACE, "model_stac_id": "secret-model"}
            await session.execute(insert(PredictionRow).values(**_values(number) | changes))
        await session.commit()
    for kind, visibility, stac_id in (
        (BaseModelRegistered, "public", "open-model"), (LocalModelPublished, "private", "secret-model"),
    ):  # fmt: skip
        event = example(kind)
        facts = event.facts.model_copy(update={"stac_item_id": stac_id})
        await caller.publish(event.model_copy(update={"facts": facts, "visibility": visibility}), ADMIN)

    async def known() -> bool:
        async with running.db.session() as session:
            sql = "select count(*) from known_models where stac_item_id in ('open-model', 'secret-model')"
            return await session.scalar(text(sql)) == 2

    await eventually(known)
    return ids


async def given(caller: Caller, actor=MAPPER, **values) -> dict:
    command = GiveFeedback.model_validate({"geometry": POINT, "stac_id": "open-model"} | values)
    verdict = await caller.send(command, actor)
    assert verdict.status == "accepted", verdict
    assert verdict.http == 201
    return verdict.result


@pytest.mark.spec(
    "9",
    "POST /feedback/, GET /feedback/{id}/, stac_id, action, comments, config, user, id, created_at",
)
async def test_feature_comes_back_as_it_was_given(running, caller: Caller, parents):
    feature = await given(caller, geometry=SURFACE, comments="roof", config={"zoom": 20})
    assert (feature["type"], feature["geometry"]) == ("Feature", SURFACE)
    expected = {
        "stac_id": "open-model", "action": "accept", "comments": "roof", "config": {"zoom": 20}, "prediction": None,
        "user": {"osm_id": MAPPER.id, "username": "mapper"},
    }  # fmt: skip
    assert feature["properties"].items() >= expected.items()
    assert feature["properties"].keys() == {*expected, "id", "created_at"}
    assert (feature["properties"]["id"] > 0, feature["properties"]["created_at"][:2]) == (True, "20")
    read = await caller.ask(GetFeedback(feedback_id=feature["properties"]["id"]))
    assert read["geometry"] == SURFACE
    assert sorted(read["properties"]) == sorted(feature["properties"])


@pytest.mark.spec("9", "PATCH /feedback/{id}/")
@pytest.mark.spec("9", "PUT /feedback/{id}/")
async def test_change_keeps_what_is_not_given_and_tells_both_actions(running, caller: Caller, parents):
    feedback_id = (await given(caller, comments="roof"))["properties"]["id"]
    changed = (await caller.send(ChangeFeedback(feedback_id=feedback_id, comments="no roof", action="reject"))).result
    assert changed["geometry"] == POINT
    assert (changed["properties"]["comments"], changed["properties"]["action"]) == ("no roof", "reject")
    moved = (await caller.send(ChangeFeedback(feedback_id=feedback_id, geometry=SURFACE))).result
    assert (moved["geometry"], moved["properties"]["comments"]) == (SURFACE, "no roof")
    assert await told(running, feedback_id) == [
        ("feedback_given", "accept", None), ("feedback_changed", "reject", "accept"),
        ("feedback_changed", "reject", "reject"),
    ]  # fmt: skip


async def told(running, feedback_id: int) -> list[tuple]:
    sql = """select headers->>'ce-type', convert_from(data, 'utf8')::jsonb from outbox
             where (convert_from(data, 'utf8')::jsonb->>'feedback_id')::bigint = :id order by seq"""
    async with running.db.session() as session:
        rows = (await session.execute(text(sql), {"id": feedback_id})).all()
    return [(kind.rpartition(".")[2], body["action"], body["previous"]) for kind, body in rows]


@pytest.mark.spec("9", "DELETE /feedback/{id}/")
async def test_removed_is_gone_and_told(running, caller: Caller, parents):
    feedback_id = (await given(caller))["properties"]["id"]
    assert (await caller.send(RemoveFeedback(feedback_id=feedback_id))).http == 204
    with pytest.raises(NotFound):
        await caller.ask(GetFeedback(feedback_id=feedback_id))
    assert (await caller.send(RemoveFeedback(feedback_id=feedback_id))).kind == "not_found"
    assert (await told(running, feedback_id))[-1] == ("feedback_removed", None, "accept")


@pytest.mark.spec("9", "readable rows, write owner or admin")
@pytest.mark.parametrize(
    ("values", "readers"),
    [
        ({"stac_id": "open-model"}, {"owner", "stranger", "admin"}),
        ({"stac_id": "secret-model"}, {"owner", "admin"}),
        ({"stac_id": "nobody-knows-it"}, {"owner", "admin"}),
        ({"stac_id": "", "prediction": 7001}, {"owner", "stranger", "admin"}),
        ({"stac_id": "open-model", "prediction": 7002}, {"owner", "admin"}),
    ],
)
@pytest.mark.spec("24", "5 feedback is readable by owner and admin, by everyone where the parent is public")
async def test_public_parent_opens_feedback(running, caller: Caller, parents, values, readers):
    feedback_id = (await given(caller, **values))["properties"]["id"]
    actors = {"owner": MAPPER, "stranger": STRANGER, "admin": ADMIN, "nobody": ANONYMOUS}
    for name, actor in actors.items():
        listed = (await caller.ask(ListFeedback(page=Page(limit=1000)), actor))["results"]
        assert (feedback_id in [f["properties"]["id"] for f in listed]) is (name in readers), name
        if name in readers:
            await caller.ask(GetFeedback(feedback_id=feedback_id), actor)
        else:
            with pytest.raises(NotFound):
                await caller.ask(GetFeedback(feedback_id=feedback_id), actor)
    refused = await caller.send(ChangeFeedback(feedback_id=feedback_id, comments="x"), STRANGER)
    assert refused.kind == ("forbidden" if "stranger" in readers else "not_found")
    assert (await caller.send(ChangeFeedback(feedback_id=feedback_id, comments="x"), ADMIN)).status == "accepted"


@pytest.mark.spec("9", "bad coordinates 400")
@pytest.mark.parametrize("geometry", [{"type": "Point", "coordinates": ["a", 2]}, {"type": "Circle"}])
async def test_feedback_without_a_readable_place_is_refused(running, caller: Caller, parents, geometry):
    refused = await caller.send(GiveFeedback(geometry=geometry, stac_id="open-model"))
    assert (refused.kind, "geometry" in refused.facts) == ("invalid", True)


@pytest.mark.spec("9", "prediction of feedback")
async def test_prediction_that_cannot_be_seen_is_refused(running, caller: Caller, parents):
    for prediction in (parents["private"], 10**9):
        command = GiveFeedback(geometry=POINT, stac_id="open-model", prediction=prediction)
        assert list((await caller.send(command, STRANGER)).facts) == ["prediction"]
    alone = (await caller.send(GiveFeedback(geometry=POINT, action="reject"))).result
    assert (alone["properties"]["stac_id"], alone["id"]) == ("", alone["properties"]["id"])
    assert (await caller.ask(GetFeedback(feedback_id=alone["id"])))["id"] == alone["id"]
    with pytest.raises(NotFound):
        await caller.ask(GetFeedback(feedback_id=alone["id"]), STRANGER)
    linked = await given(caller, stac_id="", prediction=parents["private"])
    assert linked["properties"]["stac_id"] == "secret-model"


@pytest.mark.spec("9", "filter stac_id, filter action, filter user, filter in_bbox, newest first")
async def test_filters(running, caller: Caller, parents):
    far = {"type": "Point", "coordinates": [-60.0, -10.0]}
    first = (await given(caller, STRANGER, stac_id="open-model", action="reject", geometry=far))["properties"]["id"]
    second = (await given(caller, STRANGER, stac_id="filtered", geometry=far))["properties"]["id"]

    async def found(**filters) -> list[int]:
        page = Page(limit=1000, in_bbox=filters.pop("in_bbox", None))
        answer = await caller.ask(ListFeedback(page=page, **filters), ADMIN)
        ids = [feature["properties"]["id"] for feature in answer["results"]]
        assert answer["count"] == len(ids)
        return [i for i in ids if i in (first, second)]

    assert await found() == await found(user=STRANGER.id) == [second, first]
    assert await found(stac_id="filtered") == [second]
    assert await found(action="reject") == [first]
    assert await found(in_bbox=(-61.0, -11.0, -60.0, -10.0)) == [second, first]
    assert await found(in_bbox=(0.0, 0.0, 1.0, 1.0)) == []


@pytest.mark.spec("2.4", "feedbacks_count, approved_predictions_count")
async def test_counts_by_action(running, caller: Caller, parents):
    for action in ("accept", "reject", "reject"):
        await given(caller, COUNTED, action=action)
    for actor in (COUNTED, ADMIN):
        assert await caller.ask(CountFeedback(user_id=COUNTED.id), actor) == {"accept": 1, "reject": 2}
    with pytest.raises(Forbidden):
        await caller.ask(CountFeedback(user_id=COUNTED.id), STRANGER)


@pytest.mark.spec("22.4", "feedback_count")
async def test_judgements_of_everybody_are_counted(running, caller: Caller, parents):
    for actor, action in ((MAPPER, "accept"), (STRANGER, "reject"), (STRANGER, "accept")):
        await given(caller, actor, stac_id="training-4711", action=action)
    await given(caller, stac_id="training-47110")
    for actor in (ANONYMOUS, COUNTED):
        assert await caller.ask(CountJudgements(stac_id="training-4711"), actor) == {"accept": 2, "reject": 1}
    assert await caller.ask(CountJudgements(stac_id="nothing")) == {"accept": 0, "reject": 0}


@pytest.mark.parametrize(
    "geometry",
    [
        POINT, SURFACE, {"type": "LineString", "coordinates": [[1, 2], [3, 4, 5]]},
        {"type": "MultiPolygon", "coordinates": [[RING], [RING]]}, {"type": "MultiPoint", "coordinates": [[1, 2]]},
        {"type": "GeometryCollection", "geometries": [POINT, SURFACE]},
    ],
)  # fmt: skip
@pytest.mark.spec("9", "geometry")
async def test_any_geometry_may_be_given(running, caller: Caller, parents, geometry):
    feature = await given(caller, geometry=geometry)
    assert (await caller.ask(GetFeedback(feedback_id=feature["properties"]["id"])))["geometry"]["type"] == (
        geometry["type"]
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"crs": {"type": "name", "properties": {"name": "EPSG:3857"}}}, {"coordinates": [1, 2, "text"]},
        {"crs": {"type": "name", "properties": {"name": "EPSG:\x003857"}}}, {"type": "Po\x00int"},
        {"coordinates": [1, 2, "\x00"]}, {"coordinates": ["\x00", 2]}, {"coordinates": {"\x00": 1}},
    ],
)  # fmt: skip
async def test_unreadable_geometry_is_refused_at_once(caller: Caller, parents, changes):
    """PostGIS and the stored refusal broke at some of these, which made dead letters."""
    feedback_id = (await given(caller))["properties"]["id"]
    for command in (
        GiveFeedback(geometry=POINT | changes, stac_id="open-model"),
        ChangeFeedback(feedback_id=feedback_id, geometry=POINT | changes),
    ):
        refused = await caller.send(command)
        assert (refused.kind, refused.code, "geometry" in refused.facts) == (
            "invalid", "GEOMETRY_VALIDATION_ERROR", True
        )  # fmt: skip


async def test_members_that_make_no_geometry_are_not_kept(caller: Caller, parents):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    feature = await given(caller, geometry={**POINT, "crs": crs, "title": "\x00"})
    assert feature["geometry"] == POINT


async def test_refusal_names_the_field(running, caller: Caller, parents):
    bad = {"geometry": {"type": "Point", "coordinates": ["a", 2]}, "stac_id": "s" * 201, "config": {"x": "y" * 70_000}}
    for field, value in bad.items():
        values = {"geometry": POINT, "stac_id": "open-model", field: value}
        refused = await caller.send(GiveFeedback.model_validate(values))
        assert (refused.kind, field in refused.facts) == ("invalid", True)
    assert json.dumps(refused.facts)


@pytest.mark.spec("22.6", "feedback_type, zoom_level, source_imagery")
async def test_words_of_the_first_generation_are_kept(caller: Caller):
    early = {"feedback_type": "FP", "zoom_level": 20, "source_imagery": "https://i.example/{z}/{x}/{y}"}
    made = (await given(caller, stac_id="training-9", action="reject", **early))["properties"]
    assert early.items() <= made.items()
    assert made["training"] == 9
    read = (await caller.ask(GetFeedback(feedback_id=made["id"])))["properties"]
    assert {name: read[name] for name in (*early, "training", "stac_id")} == {
        **early, "training": 9, "stac_id": "training-9"
    }  # fmt: skip
    changed = await caller.send(ChangeFeedback(feedback_id=made["id"], feedback_type="TP", action="accept"))
    assert (changed.result["properties"]["feedback_type"], changed.result["properties"]["zoom_level"]) == ("TP", 20)
    plain = (await given(caller))["properties"]
    assert not {"training", *early} & plain.keys()
    assert not {"training", *early} & (await caller.ask(GetFeedback(feedback_id=plain["id"])))["properties"].keys()
    strange = (await given(caller, stac_id="training-999999999999999999999"))["properties"]
    assert "training" not in (await caller.ask(GetFeedback(feedback_id=strange["id"])))["properties"]


@pytest.mark.parametrize("on", ["prediction", "model", "day"])
async def test_feedback_of_one_person_has_a_limit(running, caller: Caller, parents, monkeypatch, on):
    """Also of much that is given at the same time."""
    most, who = 3, Actor(id=4900 + len(on), username="diligent")
    quota = next(part for part in running.provides if isinstance(part, FeedbackQuota))
    monkeypatch.setattr(quota, "most_a_day" if on == "day" else "most", most)
    parent = {"prediction": parents["public"]} if on == "prediction" else {"stac_id": f"{on}-limit"}
    command = GiveFeedback.model_validate({"geometry": POINT} | parent)
    sent = await asyncio.gather(*(caller.send(command, who) for _ in range(2 * most)))
    refused = [verdict for verdict in sent if verdict.status == "refused"]
    assert len(refused) == most
    for one in refused:
        assert (one.kind, one.facts["limit"], str(most) in one.detail) == ("too_many", most, True)
        assert one.code == ("feedback_day_limit" if on == "day" else "feedback_limit")
    assert (await caller.send(command, OTHER)).status == "accepted", "others have their own"
    elsewhere = await caller.send(GiveFeedback(geometry=POINT, stac_id="elsewhere"), who)
    assert (elsewhere.status == "accepted") is (on != "day")
    mine = next(verdict.result["properties"]["id"] for verdict in sent if verdict.status == "accepted")
    await caller.send(RemoveFeedback(feedback_id=mine), who)
    assert (await caller.send(command, who)).status == "accepted"
