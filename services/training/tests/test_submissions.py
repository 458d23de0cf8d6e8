from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from nats.aio.msg import Msg

from contracts.catalog.datasets import Dataset, DatasetChanged, DatasetDeleted, Task
from contracts.catalog.label_datasets import LabelDatasetRegistered
from contracts.catalog.models import KnownModel
from contracts.training import CloneTraining
from kit.testing import ADMIN, MAPPER, STRANGER, eventually

from .conftest import BASE, DATASET, PRIVATE, SUFFIX, built, facts, fetch, order


@pytest.mark.spec("7.1", "id, zenml_run_id, local_model, base_model_stac_id, dataset, overrides, title, keywords")
@pytest.mark.spec("7.1", "description, status, user, submitted_at, last_polled_at")
@pytest.mark.spec("7.3", "POST /trainings/submit/")
async def test_accepted_with_the_row_and_its_messages(submit, heard, running):
    row = await submit(epochs=3)
    assert row["status"] == "initializing"
    assert row["zenml_run_id"] is None
    assert (row["id"] > 0, row["local_model"] > 0, row["base_model_stac_id"]) == (True, True, BASE)
    assert (row["title"], row["keywords"], row["description"], row["last_polled_at"]) == ("", [], "", None)
    assert datetime.now(UTC) - datetime.fromisoformat(row["submitted_at"]) < timedelta(minutes=1)
    [(dataset,)] = await fetch(running, "select dataset_id from known_datasets where stac_id = %s", DATASET)
    assert (row["dataset"], row["overrides"]) == (dataset, {"epochs": 3})
    assert row["user"] == {"osm_id": MAPPER.id, "username": MAPPER.username}
    await eventually(lambda: len([body for _, body in heard if body["training_id"] == row["id"]]) == 2)
    kinds = {kind: body for kind, body in heard if body["training_id"] == row["id"]}
    assert kinds["job.training.v1.drive_run"]["attempt"] == 1
    assert kinds["evt.training.v1.training_submitted"]["local_model"] == row["local_model"]


@pytest.mark.spec("7.3", "slug of the name")
async def test_what_the_worker_needs_is_on_the_row(submit, running):
    row = await submit(epochs=3)
    [(plan, used)] = await fetch(running, "select plan, hyperparameters from trainings where id = %s", row["id"])
    assert used == {"epochs": 3, "batch_size": 4, "seconds": 0.0, "end": "well", "adapt": True, "val_ratio": 0.2}
    assert plan["parameters"]["dataset_chips"] == f"s3://b/{DATASET}/chips/"
    assert plan["step_parameters"]["train_model"]["model_name"] == f"hill-top-{SUFFIX}"


@pytest.mark.spec("7.3", "foreign model name 403")
async def test_a_name_is_born_once_and_belongs_to_its_first_user(submit, caller):
    first, second = await submit(), await submit()
    assert first["local_model"] == second["local_model"]
    refused = await caller.send(order(model_name=f"hill top {SUFFIX}!"), STRANGER)
    assert (refused.kind, refused.code) == ("forbidden", "model_name_taken")
    assert "owned by another user" in refused.detail
    assert (await submit(ADMIN))["local_model"] == first["local_model"]


@pytest.mark.spec("7.3", "title, keywords, description")
async def test_keywords_are_unique_and_texts_kept(known, caller):
    command = order(keywords=["a", "b", "a"], title="T", description="D")
    row = (await caller.send(command)).result
    assert (row["keywords"], row["title"], row["description"]) == (["a", "b"], "T", "D")


@pytest.mark.spec("7.3", "base_model_stac_id, model_name, overrides, empty slug 400, limits of the base model")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"model_name": "###"}, "model_name"),
        ({"title": "t" * 201}, "title"),
        ({"base_model_stac_id": ""}, "base_model_stac_id"),
        ({"overrides": {"epochs": 0}}, "overrides"),
        ({"overrides": {"epochs": True}}, "overrides"),
        ({"overrides": {"unheard_of": 1}}, "overrides"),
    ],
)
async def test_invalid_fields_are_named(known, caller, changes, field):
    refused = await caller.send(order(**changes))
    assert refused.kind == "invalid"
    assert list(refused.facts) == [field]


async def test_incompatible_dataset_is_refused_before_anything_is_queued(known, caller, running):
    roads = f"roads-{SUFFIX}"
    await caller.publish(built(roads, 13, "public", keywords=["road"], geometry_type="line"))
    await eventually(lambda: fetch(running, "select 1 from known_datasets where stac_id = %s", roads))
    before = await fetch(running, "select count(*) from trainings")
    refused = await caller.send(order(dataset_stac_id=roads))
    assert len(refused.facts["dataset_stac_id"]) == 2
    assert await fetch(running, "select count(*) from trainings") == before


@pytest.mark.spec("7.3", "unknown base model 404")
async def test_unknown_base_model(known, caller, catalog):
    refused = await caller.send(order(base_model_stac_id="nobody"))
    assert refused.kind == "not_found"
    assert "not a registered base model" in refused.detail


async def test_private_dataset_of_another_user_is_not_found(known, caller, catalog):
    refused = await caller.send(order(dataset_stac_id=PRIVATE, model_name="other"), STRANGER)
    assert (refused.kind, refused.code) == ("not_found", "dataset_not_found")
    assert (await caller.send(order(dataset_stac_id=PRIVATE))).status == "accepted"


async def test_misses_are_healed_by_asking_the_catalog_once(known, caller, catalog):
    base, dataset = f"new-{SUFFIX}", f"newer-{SUFFIX}"
    model = facts().model_copy(update={"stac_item_id": base})
    answer = KnownModel(kind="base", model_id=5, user_id=1, visibility="public", facts=model)
    catalog.answers["qry.catalog.v1.get_model_facts"] = answer.model_dump(mode="json")
    catalog.answers["qry.catalog.v1.get_dataset"] = _dataset(dataset).model_dump(mode="json")
    for _ in range(2):
        row = (await caller.send(order(base_model_stac_id=base, dataset_stac_id=dataset))).result
        assert row["dataset"] == 77
    assert len(catalog.asked) == 2


@pytest.mark.parametrize("gone", [False, True])
async def test_an_older_answer_never_wins_over_a_newer_event(known, caller, running, gone):
    """The owner withdraws or deletes a dataset while the catalog's answer, which has it public, is on its way."""
    stac_id = f"withdrawn-{gone}-{SUFFIX}"
    about = {"dataset_id": 77, "stac_id": stac_id, "user_id": MAPPER.id, "title": "t"}
    event = DatasetDeleted(**about) if gone else DatasetChanged(**about, visibility="private")
    told = [_dataset(stac_id).model_dump_json().encode()]

    async def reply(msg: Msg) -> None:
        said = told.pop() if told else b"null"
        if said != b"null":
            await caller.publish(event)
            await eventually(lambda: _follows(running, stac_id, event))
        await msg.respond(said)

    subscription = await caller.bus.nc.subscribe("qry.catalog.>", queue="catalog", cb=reply)
    await caller.bus.nc.flush()
    wanted = order(dataset_stac_id=stac_id, model_name=f"withdrawn {gone} {SUFFIX}")
    assert (await caller.send(wanted, STRANGER)).status == "accepted", "it was public when it was asked for"
    for _ in range(2):
        assert (await caller.send(wanted, STRANGER)).code == "dataset_not_found"
    await subscription.unsubscribe()


def _dataset(stac_id: str) -> Dataset:
    now = datetime.now(UTC)
    properties = {"keywords": ["building", "polygon"], "label:tasks": ["semantic-segmentation"]}
    return Dataset(
        id=77, stac_id=stac_id, title="t", source_imagery="https://x", category="buildings", status="built",
        visibility="public", stac_url=None, user={"osm_id": 7, "username": "mapper"},
        stac={"properties": properties}, created_at=now, last_modified=now,
    )  # fmt: skip


def _published(stac_id: str, **changes) -> dict:
    model = facts().model_copy(update={"stac_item_id": stac_id, "checkpoint_uri": f"s3://b/{stac_id}.npz", **changes})
    known = KnownModel(kind="local", model_id=5, user_id=1, visibility="public", facts=model)
    return known.model_dump(mode="json")


async def test_training_may_go_on_from_a_published_model(known, caller, catalog, running):
    catalog.answers["qry.catalog.v1.get_model_facts"] = _published("roofs-v2")
    row = (await caller.send(order(start_from="roofs-v2"))).result
    for training_id in (row["id"], (await caller.send(CloneTraining(training_id=row["id"]))).result["id"]):
        [(plan,)] = await fetch(running, "select plan from trainings where id = %s", training_id)
        assert plan["parameters"]["base_model_weights"] == "s3://b/roofs-v2.npz"
        assert plan["step_parameters"]["train_model"]["base_model_id"] == BASE
    [(plan,)] = await fetch(
        running, "select plan from trainings where id = %s", (await caller.send(order())).result["id"]
    )
    assert plan["parameters"]["base_model_weights"] == "https://models.example/weights.npz"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_published("roofs-v2", entrypoint="models.other.pipeline:predict"), "another base model"),
        (_published("roofs-v2") | {"kind": "base"}, "not a published model"),
        (None, "not a published model"),
    ],
)
async def test_without_a_fitting_checkpoint_nothing_begins(known, caller, catalog, answer, words):
    catalog.answers["qry.catalog.v1.get_model_facts"] = answer
    refused = await caller.send(order(start_from="roofs-v2"))
    assert (refused.code, words in refused.detail, list(refused.facts)) == ("no_checkpoint", True, ["start_from"])


async def test_local_models_are_no_base_models(known, caller, catalog):
    answer = KnownModel(kind="local", model_id=5, user_id=1, visibility="public", facts=facts())
    catalog.answers["qry.catalog.v1.get_model_facts"] = answer.model_dump(mode="json")
    assert (await caller.send(order(base_model_stac_id="local-one"))).kind == "not_found"


async def test_changes_of_visibility_and_deletion_are_followed(known, caller, catalog, running):
    stac_id = f"shy-{SUFFIX}"
    about = {"dataset_id": 14, "stac_id": stac_id, "user_id": MAPPER.id, "title": "t"}
    steps = [built(stac_id, 14, "private"), DatasetChanged(**about, visibility="public"), DatasetDeleted(**about)]
    for step, accepted in zip(steps, (False, True, False), strict=True):
        await caller.publish(step)
        await eventually(lambda step=step: _follows(running, stac_id, step))
        verdict = await caller.send(order(dataset_stac_id=stac_id, model_name=f"shy {SUFFIX}"), STRANGER)
        assert (verdict.status == "accepted") is accepted


async def _follows(running, stac_id, step):
    rows = await fetch(running, "select visibility, deleted from known_datasets where stac_id = %s", stac_id)
    deleted = isinstance(step, DatasetDeleted)
    return rows and (deleted or rows[0][0] == step.visibility) and rows[0][1] == deleted


async def test_a_repeated_command_is_one_training(known, caller, running):
    from uuid import uuid4

    key = uuid4()
    first = await caller.send(order(title="once"), command_id=key)
    assert await caller.send(order(title="once"), command_id=key) == first.model_copy(update={"replayed": True})
    assert await fetch(running, "select count(*) from trainings where id = %s", first.result["id"]) == [(1,)]


@pytest.mark.parametrize(("chips", "overrides", "words"), [
    (1, {}, "has 1 chip; a training needs at least 2"), (0, {}, "has 0 chips"),
    (3, {"val_ratio": 0.9}, "lower val_ratio"),
])  # fmt: skip
async def test_dataset_too_small_to_train_is_refused_before_any_run(known, caller, running, chips, overrides, words):
    stac_id = f"tiny-{chips}-{SUFFIX}"
    await caller.publish(built(stac_id, 15 + chips, "public", chip_count=chips))
    await eventually(lambda: fetch(running, "select 1 from known_datasets where stac_id = %s", stac_id))
    before = await fetch(running, "select count(*) from trainings")
    refused = await caller.send(order(dataset_stac_id=stac_id, overrides=overrides))
    assert (refused.kind, list(refused.facts)) == ("invalid", ["dataset_stac_id"])
    assert words in refused.detail
    assert await fetch(running, "select count(*) from trainings") == before


async def test_names_that_share_an_identifier_are_two_models(known, caller, submit):
    cave, hall = f"東京 {SUFFIX}", f"dong-jing {SUFFIX}!"
    first, second = await submit(model_name=cave), await submit(model_name=hall)
    assert first["local_model"] != second["local_model"]
    for row, name in ((first, cave), (second, hall), (first, cave.replace(" ", "  "))):
        assert (await submit(model_name=name))["local_model"] == row["local_model"]
    apart = await caller.send(order(model_name=hall), STRANGER)
    assert (apart.kind, apart.code) == ("forbidden", "model_name_taken")
    again = (await caller.send(CloneTraining(training_id=second["id"]))).result
    assert again["local_model"] == second["local_model"]


def registered(name: str, **change: Any) -> LabelDatasetRegistered:
    values = {
        "dataset_id": 11, "campaign_id": 1, "version": 2, "stac_item_id": name, "uri": f"s3://b/{name}/",
        "manifest_sha256": "0" * 64, "classes": ["roof"], "keywords": ["object-detection", "building"],
        "chips_uri": f"s3://b/{name}/images/", "labels_uri": f"s3://b/{name}/annotations.geojson", "chip_count": 5,
        "summary": {"georeferenced": 5},
    }  # fmt: skip
    return LabelDatasetRegistered.model_validate({**values, **change})


async def test_a_version_of_the_label_store_is_trained_on_by_administrators(known, caller, running):
    name, flat = f"danube-{SUFFIX}-v2", f"danube-{SUFFIX}-v3"
    await caller.publish(registered(flat, summary={"georeferenced": 4}))
    await caller.publish(registered(name))
    await eventually(lambda: fetch(running, "select 1 from known_datasets where stac_id = %s", name))
    assert await fetch(running, "select 1 from known_datasets where stac_id = %s", flat) == []
    row = (await caller.send(order(dataset_stac_id=name, model_name=f"Of labels {SUFFIX}"), ADMIN)).result
    [(plan,)] = await fetch(running, "select plan from trainings where id = %s", row["id"])
    assert plan["parameters"]["dataset_chips"] == f"s3://b/{name}/images/"
    [(number, about)] = await fetch(running, "select dataset_id, facts from known_datasets where stac_id = %s", name)
    assert number == -11
    assert set(about["label_tasks"]) == set(get_args(Task))
