"""Campaigns: states, access, leases."""

import asyncio
from datetime import UTC, datetime

import pytest
from labelstore_things import LabelStore, box, new_key

from catalog.labelstore.campaigns.domain import Transition, final_label, transition, translation_problem
from contracts.catalog import label_campaigns as c
from contracts.catalog.label_shared import ImageRef, ListPage
from contracts.catalog.label_users import GetLabelKey, ListLabelUsers
from kit.app import Service
from kit.errors import Forbidden, NotFound

STATES = ("created", "active", "completed", "finished")
ALLOWED = {("created", "active"), ("active", "completed"), ("completed", "active"), ("completed", "finished")}
NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_transitions_are_those_of_the_table(before: str, after: str):
    found = transition(before, after, NOW)
    if (before, after) in ALLOWED:
        assert isinstance(found, Transition)
    else:
        assert f'"{before}"' in str(found)
        assert f'"{after}"' in str(found)


def test_dates_follow_the_status():
    reopened = transition("completed", "active", NOW)
    assert isinstance(reopened, Transition)
    assert reopened.dates == {"date_started": NOW, "date_completed": None, "date_finished": None}


def test_the_translated_label_counts():
    table = {"fles": "bottle"}
    assert final_label("fles", "glass", table) == "glass"
    assert final_label("fles", None, table) == "bottle"
    assert final_label("fles", None, None) == "fles"
    assert final_label("blik", None, table) == "blik"
    assert translation_problem({"a": ""}, True)
    assert not translation_problem({"a": 1}, False)


async def test_a_campaign_makes_or_finds_its_labeller(labels: LabelStore):
    email, key, other = "party@one.example", new_key(), new_key()
    first = {"title": labels.title("c"), "labeler_email": email, "key": key}
    row = await labels.done(c.CreateCampaign.model_validate(first))
    assert (row["labeler"], row["status"], row["progress"]) == (
        {"apikey": key.apikey, "issued": True}, "created", {"total": 0, "done": 0}
    )  # fmt: skip
    assert row["export"]["state"] == "none"
    second = {**first, "title": labels.title("c"), "labeler_email": "PARTY@one.example", "key": other}
    again = await labels.done(c.CreateCampaign.model_validate(second))
    assert again["labeler"] == {"apikey": key.apikey, "issued": False}
    users = (await labels.ask(ListLabelUsers(email=email)))["results"]
    assert [role["subject_id"] for role in users[0]["roles"]] == [row["campaign_id"], again["campaign_id"]]
    with pytest.raises(Forbidden):
        await labels.ask(GetLabelKey(apikey=key.apikey))


async def test_a_taken_title_wins_over_a_bad_name(labels: LabelStore):
    good = {"title": labels.title("c"), "labeler_email": "a@b", "key": new_key()}
    await labels.done(c.CreateCampaign.model_validate(good))
    for change, expected in (
        ({}, ("conflict", "conflict")), ({"title": good["title"].upper()}, ("conflict", "conflict")),
        ({"title": "Bad Name"}, ("unprocessable", "invalid_name")),
        ({"labeler_email": "a"}, ("invalid", "invalid_request")),
        ({"title": "t-1", "apply_label_translations": True, "label_translations": {"a": 1}},
         ("unprocessable", "invalid_value")),
    ):  # fmt: skip
        refusal = await labels.refused(c.CreateCampaign.model_validate({**good, **change}))
        assert refusal[:2] == expected, change


async def test_images_are_added_once_while_it_is_created(labels: LabelStore):
    ids = await labels.images(3)
    number, _ = await labels.campaign([ids[2], ids[0], ids[2]], active=False)
    await labels.done(c.AddCampaignImages(campaign_id=number, images=[ImageRef(id=one) for one in ids]))
    rows = await labels.ask(c.ListCampaignImages(campaign_id=number))
    assert [one["image_id"] for one in rows["results"]] == [ids[2], ids[0], ids[1]]
    assert rows["results"][0]["url"] == f"/images/{ids[2]}"
    assert (await labels.ask(c.GetCampaign(campaign_id=number)))["progress"] == {"total": 3, "done": 0}
    unknown = c.AddCampaignImages(campaign_id=number, images=[ImageRef(id=10**12)])
    assert (await labels.refused(unknown))[0] == "not_found"
    await labels.move(number, "active")
    assert '"active"' in (await labels.refused(c.AddCampaignImages(campaign_id=number, images=[])))[2]


async def test_roles_are_checked_before_existence(labels: LabelStore):
    number, party = await labels.campaign([])
    other, _ = await labels.campaign([])
    for campaign in (other, 10**12):
        with pytest.raises(Forbidden):
            await labels.ask(c.ListCampaignImages(campaign_id=campaign), party)
    with pytest.raises(Forbidden):
        await labels.ask(c.GetCampaign(campaign_id=number), party)
    with pytest.raises(NotFound):
        await labels.ask(c.GetCampaign(campaign_id=10**12))
    assert (await labels.ask(c.ListCampaignImages(campaign_id=number), party))["results"] == []


async def test_campaigns_are_listed(labels: LabelStore):
    number, party = await labels.campaign(await labels.images(1))
    row = await labels.ask(c.GetCampaign(campaign_id=number))
    for query in (c.ListCampaigns(labeler_email=party.username.upper()), c.ListCampaigns(title=row["title"].upper())):
        found = await labels.ask(query)
        assert number in [one["campaign_id"] for one in found["results"]]
    active = await labels.ask(c.ListCampaigns(status="active", page=ListPage(per_page=1000)))
    assert {one["status"] for one in active["results"]} == {"active"}
    assert active["total"] == len(active["results"])


async def test_many_labellers_get_different_images(labels: LabelStore):
    ids = await labels.images(30)
    number, _ = await labels.campaign(ids, uses_leases=True)
    people = [await labels.user(("labeler", number)) for _ in range(6)]
    leases = await asyncio.gather(
        *(labels.done(c.LeaseImages(campaign_id=number, count=5), person) for person in people)
    )
    got = [[task["image_id"] for task in lease["tasks"]] for lease in leases]
    assert sorted(one for some in got for one in some) == ids
    same = await labels.done(c.LeaseImages(campaign_id=number, count=5), people[0])
    assert sorted(task["image_id"] for task in same["tasks"]) == sorted(got[0])
    others = labels.submission(number, {got[1][0]: [box()]})
    assert (await labels.refused(others, people[0]))[0] == "conflict"
    await labels.done(labels.submission(number, {got[0][0]: [box()]}), people[0])
    again = labels.submission(number, {got[0][0]: []})
    assert (await labels.refused(again, people[0]))[0] == "conflict"


async def test_an_expired_lease_comes_back(labels: LabelStore, running: Service):
    number, party = await labels.campaign(await labels.images(1), uses_leases=True)
    other = await labels.user(("labeler", number))
    lease = c.LeaseImages(campaign_id=number)
    task = (await labels.done(lease, party))["tasks"][0]
    assert (await labels.done(lease, other))["tasks"] == []
    renewed = await labels.done(c.RenewLeases(campaign_id=number, image_ids=[task["image_id"]], minutes=90), party)
    assert renewed["image_ids"] == [task["image_id"]]
    async with running.db.raw() as connection:
        await connection.execute(
            "update labelstore.campaign_images set leased_until = now() where campaign_id = %s", (number,)
        )
    assert [one["image_id"] for one in (await labels.done(lease, other))["tasks"]] == [task["image_id"]]
    late = labels.submission(number, {task["image_id"]: []})
    assert (await labels.refused(late, party))[0] == "conflict"
    await labels.done(c.ReleaseLeases(campaign_id=number, image_ids=[task["image_id"]]), other)
    assert len((await labels.done(lease, party))["tasks"]) == 1
