"""Taxonomies, and the audit trail."""

from typing import Any

import psycopg
import pytest
from labelstore_things import LabelStore, box, new_key

from contracts.catalog import label_campaigns as campaigns
from contracts.catalog import label_objects as objects
from contracts.catalog import label_taxonomies as c
from contracts.catalog import label_users as users
from kit.app import Service
from kit.errors import Forbidden, NotFound

LABELS = [{"name": "litter"}, {"name": "bottle", "synonyms": ["flask"], "parent": "litter", "colour": "#00ff00"}]


async def taxonomy(labels: LabelStore, name: str, wanted: list[Any] = LABELS) -> Any:
    return await labels.done(c.CreateLabelTaxonomy.model_validate({"name": name, "labels": wanted}))


async def test_a_campaign_takes_the_labels_of_its_taxonomy_only(labels: LabelStore):
    name = labels.title("taxonomy")
    first, second = await taxonomy(labels, name), await taxonomy(labels, name.upper(), [{"name": "net"}])
    assert (first["version"], second["version"]) == (1, 2)
    ids = await labels.images(1)
    number, party = await labels.campaign(ids, taxonomy_id=first["taxonomy_id"])
    kind, code, detail = await labels.refused(labels.submission(number, {ids[0]: [box("net")]}), party)
    assert (kind, code) == ("unprocessable", "unknown_label")
    assert '"net"' in detail
    assert str(ids[0]) in detail
    await labels.done(labels.submission(number, {ids[0]: [box("FLASK")]}), party)
    found = await labels.ask(objects.ListImageObjects(image_id=ids[0], campaigns=[number]))
    assert [(one["label"], one["label_original"]) for one in found] == [("bottle", "FLASK")]
    shown = await labels.ask(c.GetLabelTaxonomy(taxonomy_id=first["taxonomy_id"]), party)
    assert shown["labels"][1]["colour"] == "#00ff00"
    listed = await labels.ask(c.ListLabelTaxonomies(name=name))
    assert [one["version"] for one in listed["results"]] == [1, 2]
    with pytest.raises(Forbidden):
        await labels.ask(c.ListLabelTaxonomies(), party)
    with pytest.raises(NotFound):
        await labels.ask(c.GetLabelTaxonomy(taxonomy_id=10**9))
    bad = c.CreateLabelTaxonomy.model_validate({"name": name, "labels": [{"name": "a"}, {"name": "A"}]})
    assert (await labels.refused(bad))[:2] == ("unprocessable", "invalid_value")


async def entries(labels: LabelStore, about: str, about_id: int) -> list[Any]:
    query = c.ListLabelAudit.model_validate({"about": about, "about_id": str(about_id)})
    return (await labels.ask(query))["results"]


async def test_changes_are_noted_with_who_and_what(labels: LabelStore, running: Service):
    ids = await labels.images(1)
    number, party = await labels.campaign(ids)
    found = await entries(labels, "campaign", number)
    assert next(one["action"] for one in found) == "created"
    assert found[-1]["before"]["status"] == "created"
    assert (found[-1]["after"]["status"], found[-1]["by"]) == ("active", "admin")
    reviewer = await labels.user(("reviewer", number))
    await labels.done(labels.submission(number, {ids[0]: [box()]}), party)
    assert (await entries(labels, "campaign", number))[-1]["by"] == party.username
    user = await labels.done(users.CreateLabelUser(email=f"{labels.title('u')}@labels.example", key=new_key()))
    await labels.done(users.IssueLabelKey(user_id=user["user_id"], key=new_key()))
    trail = await entries(labels, "user", user["user_id"])
    assert trail[-1]["after"] == {"key": "issued"}
    assert "key-" not in str([one for one in trail if "apikey" in str(one)])
    assert "sha256" not in str(trail)
    assert "api_key" not in str(trail)
    role = await entries(labels, "role", await role_of(reviewer, running))
    assert (role[0]["action"], role[0]["after"]["role"]) == ("created", "reviewer")
    with pytest.raises(Forbidden):
        await labels.ask(c.ListLabelAudit(), party)


async def role_of(actor: Any, running: Service) -> int:
    async with running.db.raw() as connection:
        query = "select r.id from labelstore.roles r join labelstore.users u on u.id = r.user_id where u.email = %s"
        row = await (await connection.execute(query, (actor.username,))).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("statement", ["delete from labelstore.audit", "update labelstore.audit set by = 'nobody'"])
async def test_nobody_changes_the_trail(labels: LabelStore, running: Service, statement: str):
    await labels.campaign(await labels.images(1))
    with pytest.raises(psycopg.errors.RaiseException, match="never changed"):
        async with running.db.raw() as connection:
            await connection.execute(statement)


async def test_reviews_are_noted(labels: LabelStore, running: Service):
    ids = await labels.images(1)
    number, party = await labels.campaign(ids, review=True)
    await labels.done(labels.submission(number, {ids[0]: [box()]}), party)
    decision = objects.Decision(image_id=ids[0], accepted=True, comment="Good.")
    await labels.done(objects.ReviewImages(campaign_id=number, decisions=[decision]))
    async with running.db.raw() as connection:
        query = "select id from labelstore.campaign_images where campaign_id = %s"
        row = await (await connection.execute(query, (number,))).fetchone()
    assert row is not None
    noted = (await entries(labels, "review", row[0]))[-1]
    assert (noted["before"]["review"], noted["after"]["review"], noted["by"]) == ("submitted", "accepted", "admin")
    assert (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["status"] == "completed"
