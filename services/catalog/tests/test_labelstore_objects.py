"""Objects: submission, review, history, pre-annotations."""

import asyncio
from typing import Any

import psycopg
import pytest
from labelstore_things import LabelStore, box

from contracts.catalog import label_campaigns as campaigns
from contracts.catalog import label_objects as c
from contracts.catalog.label_images import Georef
from contracts.catalog.label_shared import ListPage
from kit.app import Service
from kit.errors import Forbidden, NotFound

SQUARE = {"type": "polygon", "coordinates": [[[[10, 10], [30, 10], [30, 40], [10, 40]]]]}


async def objects_of(labels: LabelStore, campaign: int, image: int) -> list[Any]:
    return await labels.ask(c.ListImageObjects(image_id=image, campaigns=[campaign]))


async def test_a_submission_replaces_the_objects_of_its_images(labels: LabelStore):
    ids = await labels.images(2)
    number, party = await labels.campaign(ids)
    first = labels.submission(number, {ids[0]: [box(confidence=0.5), box("can", 3, 4, 5, 6)]})
    assert await labels.done(first, party) == "ok"
    found = await objects_of(labels, number, ids[0])
    assert [one["label"] for one in found] == ["bottle", "can"]
    assert found[0] | {"object_id": 0, "date_added": ""} == {
        "object_id": 0, "image_id": ids[0], "campaign_id": number, "label": "bottle", "label_original": "bottle",
        "bounding_box": {"xmin": 1, "xmax": 11, "ymin": 2, "ymax": 22}, "geometry": None, "confidence": 0.5,
        "date_added": "",
    }  # fmt: skip
    await labels.done(labels.submission(number, {ids[0]: [box("net")]}), party)
    assert [one["label"] for one in await objects_of(labels, number, ids[0])] == ["net"]
    listed = await labels.ask(c.ListCampaignObjects(campaign_id=number))
    assert [len(one["objects"]) for one in listed["results"]] == [1, 0]
    filtered = await labels.ask(c.ListCampaignObjects(campaign_id=number, label="bottle"))
    assert filtered["total"] == 0


@pytest.mark.parametrize(("image", "submission"), [("9223372036854775807", "s.id"), ("s.image", "0")])
async def test_the_database_refuses_objects_of_nothing(
    labels: LabelStore, running: Service, image: str, submission: str
):
    ids = await labels.images(1)
    number, party = await labels.campaign(ids)
    await labels.done(labels.submission(number, {ids[0]: []}), party)
    statement = (
        "insert into labelstore.objects (campaign_image_id, submission_id, label, label_original, x_min, x_max, y_min,"
        f" y_max) select {image}, {submission}, 'a', 'a', 0, 1, 0, 1 from (select i.id as image, s.id from"
        " labelstore.submissions s join labelstore.campaign_images i using (campaign_id) where campaign_id = %s) s"
    )
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        async with running.db.raw() as connection:
            await connection.execute(statement.encode(), (number,))


async def test_a_campaign_completes_by_itself_once(labels: LabelStore):
    ids = await labels.images(2)
    number, party = await labels.campaign(ids)
    await labels.done(labels.submission(number, {}), party)
    sent = [labels.submission(number, {one: []}) for one in ids]
    await asyncio.gather(*(labels.done(one, party) for one in sent))
    row = await labels.ask(campaigns.GetCampaign(campaign_id=number))
    assert (row["status"], row["progress"]) == ("completed", {"total": 2, "done": 2})
    assert row["date_completed"]
    assert '"completed"' in (await labels.refused(sent[0], party))[2]
    await labels.move(number, "active")
    await labels.done(labels.submission(number, {}), party)
    assert (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["status"] == "active"
    await labels.done(sent[0], party)
    assert (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["status"] == "completed"


async def test_bad_submissions_change_nothing(labels: LabelStore):
    ids, others = await labels.images(2), await labels.images(1)
    number, party = await labels.campaign(ids)
    good = {"image_id": ids[0], "objects": [box()]}
    broken = {**SQUARE, "coordinates": [[[[0, 0], [1, 1]]]]}
    for images, expected in (
        ([good, {"image_id": others[0], "objects": []}], ("not_found", "not_found", str(others[0]))),
        ([good, good], ("unprocessable", "duplicate_image", str(ids[0]))),
        ([good, {"image_id": ids[1], "objects": [box(xmin=11)]}],
         ("unprocessable", "invalid_bounding_box", "object 0")),
        ([{"image_id": ids[0], "objects": [{"label": "x", "geometry": broken}]}],
         ("unprocessable", "invalid_geometry", "three corners")),
    ):  # fmt: skip
        command = c.SubmitObjects.model_validate({"campaign_id": number, "images": images})
        kind, code, detail = await labels.refused(command, party)
        assert (kind, code) == expected[:2]
        assert expected[2] in detail
    assert await objects_of(labels, number, ids[0]) == []
    assert (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["progress"]["done"] == 0


async def test_shapes_get_their_box(labels: LabelStore):
    ids = await labels.images(1, 40, 50)
    number, party = await labels.campaign(ids)
    mask = {"type": "mask", "size": [50, 40], "counts": [50 * 2 + 5, 3, 47, 3, 50 * 36 + 42]}
    shapes = [SQUARE, mask, {"type": "point", "x": 3.5, "y": 4.5}, {"type": "image"},
              {"type": "rotated_box", "cx": 20, "cy": 20, "width": 10, "height": 4, "angle": 90}]  # fmt: skip
    said = [{"label": shape["type"], "geometry": shape} for shape in shapes]
    await labels.done(labels.submission(number, {ids[0]: said}), party)
    found = await objects_of(labels, number, ids[0])
    boxes = {
        one["label"]: tuple(one["bounding_box"][name] for name in ("xmin", "ymin", "xmax", "ymax")) for one in found
    }
    assert boxes == {
        "polygon": (10, 10, 30, 40), "mask": (2, 5, 4, 8), "point": (3, 4, 4, 5), "image": (0, 0, 40, 50),
        "rotated_box": (18, 15, 22, 25),
    }  # fmt: skip
    assert found[1]["geometry"] == mask


async def test_labels_are_translated_where_the_campaign_says_so(labels: LabelStore):
    ids = await labels.images(1)
    more = {"label_translations": {"fles": "bottle"}, "apply_label_translations": True}
    number, party = await labels.campaign(ids, **more)
    said = [box("fles"), box("fles", label_translated="jar"), box("net")]
    await labels.done(labels.submission(number, {ids[0]: said}), party)
    found = await objects_of(labels, number, ids[0])
    assert [(one["label"], one["label_original"]) for one in found] == [
        ("bottle", "fles"), ("jar", "fles"), ("net", "net")
    ]  # fmt: skip


async def test_objects_of_an_image_come_from_one_campaign(labels: LabelStore):
    ids = await labels.images(1)
    first, party = await labels.campaign(ids)
    second, other = await labels.campaign(ids)
    empty, _ = await labels.campaign(ids)
    await labels.done(labels.submission(first, {ids[0]: []}), party)
    await labels.done(labels.submission(second, {ids[0]: [box()]}), other)
    ask = c.ListImageObjects(image_id=ids[0], campaigns=[empty, first, second])
    assert await labels.ask(ask) == []
    assert len(await labels.ask(ask.model_copy(update={"campaigns": [second, first]}))) == 1
    assert await labels.ask(c.ListImageObjects(image_id=ids[0])) == []
    await labels.move(second, "finished")
    assert len(await labels.ask(c.ListImageObjects(image_id=ids[0]))) == 1
    with pytest.raises(NotFound, match="999999999"):
        await labels.ask(ask.model_copy(update={"campaigns": [second, 999999999]}))


async def test_reviewers_accept_or_send_back(labels: LabelStore):
    ids = await labels.images(2)
    number, party = await labels.campaign(ids, review=True, uses_leases=True)
    reviewer, other = await labels.user(("reviewer", number)), await labels.user(("labeler", number))
    lease = campaigns.LeaseImages(campaign_id=number, count=2)
    await labels.done(lease, party)
    await labels.done(labels.submission(number, {ids[0]: [box()], ids[1]: [box("can")]}), party)
    assert (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["status"] == "active"
    decisions = [c.Decision(image_id=ids[0], accepted=True), c.Decision(image_id=ids[1], accepted=False, comment="No.")]
    review = c.ReviewImages(campaign_id=number, decisions=decisions)
    assert (await labels.refused(review, party))[:2] == ("forbidden", "not_authorized")
    assert await labels.done(review, reviewer) == {"accepted": 1, "rejected": 1}
    assert (await labels.refused(review, reviewer))[0] == "conflict"
    assert (await labels.done(lease, other))["tasks"] == []
    task = (await labels.done(lease, party))["tasks"]
    assert [(one["image_id"], one["comment"], one["draft"][0]["label"]) for one in task] == [(ids[1], "No.", "can")]
    assert "is accepted" in (await labels.refused(labels.submission(number, {ids[0]: []}), party))[2]
    await labels.done(labels.submission(number, {ids[1]: [box("net")]}), party)
    accept = c.ReviewImages(campaign_id=number, decisions=[c.Decision(image_id=ids[1], accepted=True)])
    await labels.done(accept, reviewer)
    assert (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["status"] == "completed"


async def test_older_revisions_are_kept_and_restored(labels: LabelStore):
    ids = await labels.images(2)
    number, party = await labels.campaign(ids)
    for label in ("one", "two"):
        await labels.done(labels.submission(number, {ids[0]: [box(label)]}), party)
    ask = c.ListRevisions(campaign_id=number, image_id=ids[0])
    newest, oldest = await labels.ask(ask)
    assert [newest["current"], oldest["current"], oldest["by"]] == [True, False, party.username]
    restore = c.RestoreRevision(campaign_id=number, image_id=ids[0], revision=oldest["revision"])
    assert (await labels.refused(restore, party))[0] == "forbidden"
    await labels.done(restore)
    assert [one["label"] for one in await objects_of(labels, number, ids[0])] == ["one"]
    assert [one["kind"] for one in await labels.ask(ask)] == ["restore", "submission", "submission"]


async def test_an_image_outside_a_campaign_has_no_revisions_there(labels: LabelStore):
    inside, outside = await labels.images(2)
    number, _ = await labels.campaign([inside])
    assert await labels.ask(c.ListRevisions(campaign_id=number, image_id=inside)) == []
    with pytest.raises(NotFound, match=f"Image {outside} is not in campaign {number}"):
        await labels.ask(c.ListRevisions(campaign_id=number, image_id=outside))


async def test_uncertain_images_come_first(labels: LabelStore):
    ids = await labels.images(3)
    number, party = await labels.campaign(ids, uses_leases=True)
    images = [
        {"image_id": one, "objects": [box(confidence=value)]} for one, value in zip(ids, (0.99, 0.5, 0.7), strict=True)
    ]
    command = {"campaign_id": number, "model": "m", "images": [*images, {"image_id": 10**12, "objects": []}]}
    outcome = await labels.done(c.StorePredictions.model_validate(command))
    assert (outcome["done"], outcome["left_out"][0]["count"]) == (3, 1)
    tasks = (await labels.done(campaigns.LeaseImages(campaign_id=number, count=3), party))["tasks"]
    assert [task["image_id"] for task in tasks] == [ids[1], ids[2], ids[0]]
    assert tasks[0]["draft"][0]["confidence"] == 0.5
    assert await objects_of(labels, number, ids[0]) == []
    with pytest.raises(Forbidden):
        await labels.ask(c.ListPredictions(campaign_id=number), party)
    assert (await labels.ask(c.ListPredictions(campaign_id=number)))["total"] == 3


async def test_a_prediction_of_ours_is_cut_to_images(labels: LabelStore):
    georef = Georef(crs="EPSG:4326", transform=(0.001, 0, 10.0, 0, -0.001, 50.0))
    ids = await labels.images(1, 100, 100, georef=georef)
    number, _ = await labels.campaign(ids)
    ring = [[9.95, 49.98], [10.02, 49.98], [10.02, 49.99], [9.95, 49.99], [9.95, 49.98]]
    far = [[x + 5, y] for x, y in ring]
    features = [
        {"type": "Feature", "properties": {"confidence": 0.8}, "geometry": {"type": "Polygon", "coordinates": [one]}}
        for one in (ring, far)
    ] + [{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [10, 50]}}]
    command = {"campaign_id": number, "model": "m", "label": "roof", "features": {"features": features}}
    outcome = await labels.done(c.StoreMapPredictions.model_validate(command))
    assert (outcome["wanted"], outcome["done"], len(outcome["left_out"])) == (3, 1, 2)
    found = (await labels.ask(c.ListPredictions(campaign_id=number)))["results"][0]["objects"]
    assert found[0]["bounding_box"] == {"xmin": 0, "ymin": 10, "xmax": 20, "ymax": 20}
    assert (found[0]["label"], found[0]["confidence"]) == ("roof", 0.8)


async def test_large_pages_come_in_parts(labels: LabelStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("catalog.labelstore.paging.MAX_CHARACTERS", 1000)
    ids = await labels.images(4)
    number, party = await labels.campaign(ids)
    await labels.done(labels.submission(number, {one: [box()] * 4 for one in ids}), party)
    found, start = [], 0
    while start is not None:
        query = c.ListCampaignObjects(campaign_id=number, page=ListPage(per_page=1000, start=start))
        answer = await labels.ask(query)
        assert answer["total"] == 4
        found += answer["results"]
        start = answer["next_start"]
    assert [one["image_id"] for one in found] == ids


async def test_a_thousand_images_are_stored_at_once(labels: LabelStore, running: Service):
    ids = await labels.images(1000)
    number, party = await labels.campaign(ids)
    await labels.done(labels.submission(number, {one: [box()] * 10 for one in ids}), party)
    async with running.db.raw() as connection:
        counted = "select count(*) from labelstore.objects o join labelstore.submissions s on s.id = o.submission_id"
        cursor = await connection.execute(counted + " where s.campaign_id = %s", (number,))
        assert await cursor.fetchone() == (10_000,)
