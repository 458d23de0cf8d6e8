"""Models before their first training, and trainings that wait for their dataset."""

import pytest

from contracts import training as c
from contracts.catalog.datasets import DatasetBuildFailed
from kit.errors import NotFound
from kit.testing import MAPPER, STRANGER, eventually

from .conftest import BASE, SUFFIX, built, fetch, order
from .test_submissions import _dataset, _published


@pytest.fixture
def building(catalog):
    """Tells of a dataset whose build is under way."""

    def tell(stac_id: str) -> c.SubmitTraining:
        row = _dataset(stac_id).model_copy(update={"status": "building"})
        catalog.answers["qry.catalog.v1.get_dataset"] = row.model_dump(mode="json")
        return order(dataset_stac_id=stac_id, model_name=f"waits {SUFFIX}", when_built=True)

    return tell


async def jobs(heard, training_id: int) -> list:
    return [body for kind, body in heard if kind.startswith("job.") and body["training_id"] == training_id]


@pytest.mark.spec("7.3", "dataset not built 404")
@pytest.mark.spec("22.4", "POST /training/")
async def test_training_waits_for_the_build_and_then_starts(known, caller, building, heard, running):
    stac_id = f"under-way-{SUFFIX}"
    command = building(stac_id)
    refused = await caller.send(command.model_copy(update={"when_built": False}))
    assert refused.code == "dataset_not_found"
    row = (await caller.send(command)).result
    assert row["status"] == "initializing"
    assert not await jobs(heard, row["id"])
    await caller.publish(built(stac_id, 77, "public"))
    await eventually(lambda: jobs(heard, row["id"]))
    [(plan,)] = await fetch(running, "select plan from trainings where id = %s", row["id"])
    assert plan["parameters"]["dataset_chips"] == f"s3://b/{stac_id}/chips/"


async def test_training_that_waits_keeps_its_start(known, caller, catalog, building, heard, running):
    stac_id = f"marked-{SUFFIX}"
    catalog.answers["qry.catalog.v1.get_model_facts"] = _published("roofs-v3")
    row = (await caller.send(building(stac_id).model_copy(update={"start_from": "roofs-v3"}))).result
    await caller.publish(built(stac_id, 78, "public"))
    await eventually(lambda: jobs(heard, row["id"]))
    [(plan,)] = await fetch(running, "select plan from trainings where id = %s", row["id"])
    assert plan["parameters"]["base_model_weights"] == "s3://b/roofs-v3.npz"


async def test_training_fails_with_the_build(known, caller, building):
    stac_id = f"broken-{SUFFIX}"
    row = (await caller.send(building(stac_id))).result
    about = {"dataset_id": 77, "stac_id": stac_id, "user_id": MAPPER.id, "title": "t"}
    await caller.publish(DatasetBuildFailed(**about, reason="No label found."))
    failed = await eventually(lambda: in_state(caller, row["id"], "failed"))
    assert "No label found." in failed["error"]
    assert (await caller.send(c.RetryTraining(training_id=row["id"]))).code == "dataset_not_built"


async def in_state(caller, training_id: int, status: str) -> dict | None:
    row = await caller.ask(c.GetTraining(training_id=training_id))
    return row if row["status"] == status else None


async def test_training_whose_data_do_not_fit_fails_when_they_are_there(known, caller, building):
    stac_id = f"unfit-{SUFFIX}"
    row = (await caller.send(building(stac_id))).result
    await caller.publish(built(stac_id, 77, "public", keywords=["road"], geometry_type="line"))
    failed = await eventually(lambda: in_state(caller, row["id"], "failed"))
    assert "keyword" in failed["error"]


async def test_training_whose_data_are_too_few_fails_when_they_are_there(known, caller, building):
    stac_id = f"one-chip-{SUFFIX}"
    row = (await caller.send(building(stac_id))).result
    await caller.publish(built(stac_id, 77, "public", chip_count=1))
    failed = await eventually(lambda: in_state(caller, row["id"], "failed"))
    assert "has 1 chip; a training needs at least 2" in failed["error"]


@pytest.mark.spec("22.3", "POST /model/")
async def test_model_is_drafted_before_its_first_training(known, caller, catalog, submit):
    title = f"Draft {SUFFIX}"
    verdict = await caller.send(c.DraftModel(base_model_stac_id=BASE, title=title, description="d"))
    card = verdict.result
    assert (verdict.http, card["name"], card["title"], card["dataset"]) == (201, f"draft-{SUFFIX}", title, None)
    twin = (await caller.send(c.DraftModel(base_model_stac_id=BASE, title=title), STRANGER)).result
    assert twin["name"].startswith(f"draft-{SUFFIX}-")
    assert (await submit(model_name=card["name"]))["local_model"] == card["id"]
    assert (await caller.ask(c.GetModelCard(model_id=card["id"])))["description"] == "d"


async def test_card_is_its_owners(known, caller, catalog):
    drafted = await caller.send(c.DraftModel(base_model_stac_id=BASE, title=f"Own {SUFFIX}"))
    model_id = drafted.result["id"]
    changed = await caller.send(c.ChangeModelCard(model_id=model_id, description="better"))
    assert (changed.result["title"], changed.result["description"]) == (f"Own {SUFFIX}", "better")
    assert (await caller.send(c.ChangeModelCard(model_id=model_id, title="x"), STRANGER)).kind == "not_found"
    with pytest.raises(NotFound):
        await caller.ask(c.GetModelCard(model_id=model_id), STRANGER)
    assert (await caller.send(c.DraftModel(base_model_stac_id=BASE, title="###"))).facts.keys() == {"title"}
