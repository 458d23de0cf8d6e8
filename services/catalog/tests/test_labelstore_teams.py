"""Several labellers at once: leases, overlap with consensus, reference images, and what each may see."""

import asyncio
from collections import Counter
from typing import Any

import orjson
import pytest
from labelstore_things import LabelStore, box

from contracts.catalog import label_campaigns as campaigns
from contracts.catalog import label_objects as c
from contracts.catalog.label_shared import ListPage
from contracts.notify.samples import SUBJECT
from contracts.shared import Actor
from kit.app import Service
from kit.errors import Forbidden


async def lease(labels: LabelStore, campaign: int, person: Actor, count: int = 1, minutes: int = 60) -> list[int]:
    command = campaigns.LeaseImages(campaign_id=campaign, count=count, minutes=minutes)
    return [task["image_id"] for task in (await labels.done(command, person))["tasks"]]


async def people(labels: LabelStore, campaign: int, number: int) -> list[Actor]:
    return list(await asyncio.gather(*(labels.user(("labeler", campaign)) for _ in range(number))))


async def work(labels: LabelStore, campaign: int, person: Actor, got: Counter[tuple[str, int]]) -> None:
    """Leases and submits until there is no work left, or the campaign has completed."""
    while True:
        verdict = await labels.caller.send(campaigns.LeaseImages(campaign_id=campaign, count=2), person)
        tasks = verdict.result["tasks"] if verdict.status == "accepted" else []
        if not tasks:
            return
        for task in tasks:
            got[person.username, task["image_id"]] += 1
            await labels.done(labels.submission(campaign, {task["image_id"]: [box()]}), person)


async def status(labels: LabelStore, campaign: int) -> str:
    return (await labels.ask(campaigns.GetCampaign(campaign_id=campaign)))["status"]


@pytest.mark.parametrize(("overlap", "images"), [(1, 70), (3, 25)])
async def test_fifty_labellers_at_once(labels: LabelStore, running: Service, overlap: int, images: int):
    """No image comes twice to the same person, none is lost, and none is done by too many."""
    ids = await labels.images(images)
    number, _ = await labels.campaign(ids, uses_leases=True, overlap=overlap)
    team, got = await people(labels, number, 50), Counter[tuple[str, int]]()
    await asyncio.gather(*(work(labels, number, person, got) for person in team))
    assert max(got.values()) == 1
    assert Counter(image for _, image in got) == dict.fromkeys(ids, overlap)
    assert await status(labels, number) == "completed"


async def test_expired_leases_come_back(labels: LabelStore, running: Service):
    for overlap in (1, 2):
        ids = await labels.images(1)
        number, first = await labels.campaign(ids, uses_leases=True, overlap=overlap)
        others = await people(labels, number, 2)
        assert await lease(labels, number, first) == ids
        if overlap == 2:
            assert await lease(labels, number, others[1]) == ids
        assert await lease(labels, number, others[0]) == []
        async with running.db.raw() as connection:
            for table in ("answers", "campaign_images"):
                await connection.execute(f"update labelstore.{table} set leased_until = now() - interval '1 s'")
        assert await lease(labels, number, others[0]) == ids
        late = labels.submission(number, {ids[0]: []})
        assert "no lease" in (await labels.refused(late, first))[2]


async def test_agreement_is_a_channel(labels: LabelStore, running: Service):
    """A sample for each decided image, once it is decided; a submission that is refused leaves none."""
    ids = await labels.images(2)
    number, first = await labels.campaign(ids, overlap=2)
    second = (await people(labels, number, 1))[0]
    feed = await running.nc.subscribe(SUBJECT)
    await labels.done(labels.submission(number, {ids[0]: [box()], ids[1]: [box()]}), first)
    assert await labels.refused(labels.submission(number, {ids[0]: [box()], 999_999: []}), second)
    await labels.done(labels.submission(number, {ids[0]: [box()], ids[1]: []}), second)
    heard: list[tuple[str, float]] = []
    while len(heard) < 2:
        samples = orjson.loads((await feed.next_msg(10)).data)["samples"]
        heard += [(one["name"], one["value"]) for one in samples if one["backend"] == "labels"]
    assert heard == [(f"{number}/agreement", 1.0), (f"{number}/agreement", 0.0)]


async def test_what_most_labellers_say_counts(labels: LabelStore):
    ids = await labels.images(3)
    number, first = await labels.campaign(ids, overlap=3, review=True)
    team, reviewer = [first, *await people(labels, number, 3)], await labels.user(("reviewer", number))
    agreed = [[box("can"), box("net", 100, 100, 140, 140)], [box("can", 1, 2, 11, 21)], [box("can")]]
    apart = [[box("can")], [box("can", 200, 200, 260, 260)], []]
    for person, same, other in zip(team[:3], agreed, apart, strict=True):
        await labels.done(labels.submission(number, {ids[0]: same, ids[1]: other}), person)
    assert "has all its answers" in (await labels.refused(labels.submission(number, {ids[0]: []}), team[3]))[2]
    assert "has all its answers" in (await labels.refused(labels.submission(number, {ids[0]: []}), team[0]))[2]
    found = await labels.ask(c.ListImageObjects(image_id=ids[0], campaigns=[number]))
    assert [(one["label"], one["bounding_box"]["ymax"]) for one in found] == [("can", 22)]
    page = campaigns.ListCampaignImages(campaign_id=number)
    rows = (await labels.ask(page))["results"]
    assert [(one["labeled"], one["review"]) for one in rows] == [
        (True, "submitted"),
        (False, "disputed"),
        (False, "open"),
    ]
    waiting = (await labels.ask(page.model_copy(update={"review": "disputed"})))["results"]
    assert [one["image_id"] for one in waiting] == [ids[1]]
    seen = (await labels.ask(page, team[3]))["results"]
    assert [(one["labeled"], one["review"]) for one in seen] == [(False, "open")] * 3
    opinions = await labels.ask(c.ListOpinions(campaign_id=number, image_id=ids[1]), reviewer)
    assert (opinions["agreement"], [len(one["objects"]) for one in opinions["opinions"]]) == (0, [1, 1, 0])
    with pytest.raises(Forbidden):
        await labels.ask(c.ListOpinions(campaign_id=number, image_id=ids[1]), first)
    quality = await labels.ask(c.GetLabelQuality(campaign_id=number))
    assert quality["disputed"] == 1
    assert next(one["agreed_precision"] for one in quality["labelers"]) is not None
    await labels.done(labels.submission(number, {ids[1]: [box("can")]}), reviewer)
    decisions = [c.Decision(image_id=ids[0], accepted=False), c.Decision(image_id=ids[1], accepted=True)]
    await labels.done(c.ReviewImages(campaign_id=number, decisions=decisions), reviewer)
    assert [one["review"] for one in (await labels.ask(page))["results"]] == ["open", "accepted", "open"]
    assert len(await lease(labels, number, team[3], 3)) == 2
    for person in team[:3]:
        await labels.done(labels.submission(number, {ids[0]: [box("can")], ids[2]: []}), person)
    decisions = [c.Decision(image_id=one, accepted=True) for one in (ids[0], ids[2])]
    await labels.done(c.ReviewImages(campaign_id=number, decisions=decisions), reviewer)
    assert await status(labels, number) == "completed"


async def test_reference_images_judge_every_labeller(labels: LabelStore):
    ids = await labels.images(6)
    number, first = await labels.campaign(ids, uses_leases=True)
    second = (await people(labels, number, 1))[0]
    truth = [{"image_id": ids[2], "objects": [box("can"), box("net", 100, 100, 140, 140)]}]
    mark = c.MarkTruth.model_validate({"campaign_id": number, "images": truth})
    assert (await labels.refused(mark, first))[:2] == ("forbidden", "not_authorized")
    await labels.done(mark)
    page = campaigns.ListCampaignImages(campaign_id=number, labeled=False, page=ListPage(per_page=10))
    assert [one["image_id"] for one in (await labels.ask(page, first))["results"]] == ids
    assert len((await labels.ask(page))["results"]) == 5
    for person, objects in ((first, [box("can")]), (second, [box("can"), box("tree", 300, 300, 320, 320)])):
        got = await lease(labels, number, person, 6)
        assert ids[2] in got
        assert len(got) == (6 if person is first else 1)
        await labels.done(labels.submission(number, {ids[2]: objects}), person)
        assert "cannot be changed" in (await labels.refused(labels.submission(number, {ids[2]: []}), person))[2]
    shown = await labels.ask(page, first)
    assert ids[2] not in [one["image_id"] for one in shown["results"]]
    quality = {one["by"]: one for one in (await labels.ask(c.GetLabelQuality(campaign_id=number)))["labelers"]}
    figures = [
        (quality[one.username]["truth_precision"], quality[one.username]["truth_recall"]) for one in (first, second)
    ]
    assert figures == [(1, 0.5), (0.5, 0.5)]
    with pytest.raises(Forbidden):
        await labels.ask(c.GetLabelQuality(campaign_id=number), first)
    counted = await labels.ask(c.ListImageObjects(image_id=ids[2], campaigns=[number]))
    assert [one["label"] for one in counted] == ["can", "net"]
    await labels.done(labels.submission(number, {one: [] for one in ids if one != ids[2]}), first)
    assert await status(labels, number) == "completed"


async def test_labels_that_look_wrong_are_found(labels: LabelStore):
    ids = await labels.images(2)
    number, party = await labels.campaign(ids)
    predicted = [box("can", confidence=0.9), box("net", 100, 100, 140, 140, confidence=0.95),
                 box("far", 300, 300, 310, 310, confidence=0.3)]  # fmt: skip
    images: list[Any] = [{"image_id": ids[0], "objects": predicted}]
    await labels.done(c.StorePredictions.model_validate({"campaign_id": number, "model": "m", "images": images}))
    said = [box("bottle"), box("tyre", 400, 400, 420, 420)]
    await labels.done(labels.submission(number, {ids[0]: said, ids[1]: said}), party)
    found = await labels.ask(c.ListSuspiciousLabels(campaign_id=number))
    assert found["total"] == 3
    assert [(one["kind"], one["label"], one["predicted"]) for one in found["suspicions"]] == [
        ("missing", None, "net"), ("label", "bottle", "can"), ("spurious", "tyre", None),
    ]  # fmt: skip
