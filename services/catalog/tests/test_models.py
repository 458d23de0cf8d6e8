"""Base models from submission to catalogue, local models from a training to a published version."""

import asyncio
import json
from uuid import uuid4

import httpx
import nats
import pytest
import pytest_asyncio
from stac_fixtures import settled
from stac_things import base_item, dataset_facts, publishable, tiny_onnx

from catalog.curation.domain import bbox_center
from catalog.files.context import MirrorContext
from catalog.models import publishing
from catalog.models.domain import local_item_id
from catalog.models.handlers import give_up_registration
from catalog.models.jobs import registration
from catalog.stac.client import StacClient
from catalog.stac.item_cache import ItemCache
from catalog.stac.publish_dataset import publish_dataset
from catalog.stac.vocabulary import BASE_MODELS, LOCAL_MODELS
from contracts.catalog import models as c
from contracts.catalog.curation import DescribeModel, EditModelStac, ListPinnedModels, PinModel
from contracts.catalog.files import GetDownload
from contracts.shared import ANONYMOUS, Page
from contracts.training import TrainingSubmitted
from kit.errors import DomainError, Misconfigured, NotFound, Unavailable
from kit.jobs.context import MAX_ATTEMPTS, JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.messaging.tx import ReadTx
from kit.testing import ADMIN, MAPPER, STRANGER, eventually

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("running")]


@pytest_asyncio.fixture
async def heard(nats_url: str):
    """Events of the catalog as they come: `(type, data)`."""
    events: list[tuple[str, dict]] = []
    connection = await nats.connect(nats_url)

    async def note(msg) -> None:
        events.append((msg.headers["ce-type"].rpartition(".")[2], json.loads(msg.data)))

    await connection.subscribe("evt.catalog.>", cb=note)
    await connection.flush()
    yield events
    await connection.close()


@pytest.mark.spec(
    "6.2", "GET /base-models/{id}/, id, name, category, stac_item_id, status, visibility, is_pinned, star_count"
)
@pytest.mark.spec("6.2", "is_starred, error, user, stac, created_at, last_modified")
@pytest.mark.spec("17.4", "registering to active")
@pytest.mark.spec("6.2", "POST /base-models/")
@pytest.mark.spec("18.3", "register_base_model")
async def test_registered_model_is_in_catalogue_with_its_files_in_our_store(registered, stac, storage, caller, heard):
    item = await stac.get(BASE_MODELS, registered["stac_item_id"])
    asset = item["assets"]["model"]
    facts = await caller.ask(c.GetModelSummary(stac_item_id=item["id"]), ANONYMOUS)
    assert (registered["status"], registered["error"], registered["category"]) == ("active", "", "buildings")
    assert set(registered) >= {
        "id", "name", "visibility", "is_pinned", "star_count", "is_starred", "user", "stac", "created_at",
        "last_modified",
    }  # fmt: skip
    assert asset["href"] == storage.uri(f"base-models/{item['id']}/v1/model/model.onnx")
    assert await storage.get(storage.key_of(asset["href"])) == tiny_onnx()
    assert asset["file:size"] == len(tiny_onnx())
    assert item["properties"]["version"] == "1"
    assert (facts["kind"], facts["facts"]["onnx_uri"], facts["facts"]["num_classes"]) == ("base", asset["href"], 3)


@pytest.mark.spec("6.2", "register again")
@pytest.mark.spec("17.4", "register again clears the error")
async def test_second_registration_archives_the_first(registered, caller, stac, files_port, heard):
    item = base_item(files_port, **{"mlm:name": registered["name"]}) | {"id": registered["stac_item_id"]}
    again = await caller.send(c.RegisterBaseModel(stac_item=item), ADMIN)
    row = await settled(caller, again.result["id"])
    active = await stac.get(BASE_MODELS, item["id"])
    archived = await stac.get(BASE_MODELS, f"{item['id']}-v1")
    assert (again.result["id"], row["status"], row["category"]) == (registered["id"], "active", "other")
    assert (active["properties"]["version"], archived["properties"]["version"]) == ("2", "1")
    assert archived["properties"]["deprecated"]
    told = await eventually(lambda: [data for kind, data in heard if kind == "base_model_registered"])
    assert told[-1]["facts"]["stac_item_id"] == item["id"]


@pytest.mark.spec("6.2", "visible rows")
@pytest.mark.spec("17.4", "registering to failed")
@pytest.mark.spec("18.3", "error cut to 2000, hrefs must answer")
@pytest.mark.parametrize(
    ("onnx", "words"),
    [
        (b"no model", "not a valid ONNX model"),
        (None, "assets.model: The server of this address answers with an error (HTTP 404)"),
    ],
)
async def test_registration_with_bad_weights_fails_with_words(
    caller, working, weights, stac, files_port, heard, onnx, words
):
    (weights / "model.onnx").write_bytes(onnx) if onnx else (weights / "model.onnx").unlink()
    verdict = await caller.send(c.RegisterBaseModel(stac_item=base_item(files_port)), ADMIN)
    row = await settled(caller, verdict.result["id"])
    assert row["status"] == "failed"
    assert words in row["error"]
    assert await stac.get(BASE_MODELS, row["name"]) is None
    assert await eventually(lambda: [data for kind, data in heard if kind == "base_model_registration_failed"])
    with pytest.raises(NotFound):
        await caller.ask(c.GetBaseModel(model_id=row["id"]), MAPPER)


async def test_item_that_breaks_a_schema_fails(caller, working, weights, files_port):
    item = base_item(files_port, **{"fair:surprise": 1})
    verdict = await caller.send(c.RegisterBaseModel(stac_item=item), ADMIN)
    assert "fair:surprise" in (await settled(caller, verdict.result["id"]))["error"]


@pytest.fixture
def attempt(running, storage):
    """One delivery of a registration's job, of a row that is made to look as a crash would leave it."""

    async def deliver(model_id: int, stac: StacClient, delivery: int = 1, **columns) -> None:
        columns = {"status": "registering", "beat_at": None, **columns}
        changes = ", ".join(f"{name} = %s" for name in columns)
        async with running.db.raw() as connection:
            await connection.execute(f"update base_models set {changes} where id = %s", [*columns.values(), model_id])
        job = c.BaseModelRegistrationJob(model_id=model_id, user_id=1)
        envelope = opened(job.model_dump_json().encode(), headers_of(job, "catalog", ADMIN, new_id()))
        context = JobContext(envelope, running.db, running.bus, running.relay, "catalog", delivery)
        outbound = next(one.outbound for one in running.provides if isinstance(one, MirrorContext))
        await registration.register(
            job, context, registration.RegistrationContext(stac, storage, outbound, "https://fair.example/api/v1")
        )

    return deliver


async def test_crash_after_publishing_makes_no_second_version(registered, caller, stac, attempt):
    await attempt(registered["id"], stac, stac_version=1)
    item = await stac.get(BASE_MODELS, registered["stac_item_id"])
    assert item["properties"]["version"] == "1"
    assert await stac.get(BASE_MODELS, f"{item['id']}-v1") is None
    assert (await settled(caller, registered["id"]))["status"] == "active"


@pytest.mark.spec("18.3", "infrastructure sentence")
async def test_catalogue_that_refuses_us_fails_the_registration_at_last(registered, caller, attempt):
    unset = StacClient("", None)
    with pytest.raises(Misconfigured):
        await attempt(registered["id"], unset)
    assert (await caller.ask(c.GetBaseModel(model_id=registered["id"]), ADMIN))["status"] == "registering"
    await attempt(registered["id"], unset, MAX_ATTEMPTS)
    row = await settled(caller, registered["id"])
    assert row["status"] == "failed"
    assert "infrastructure" in row["error"]
    await unset.stop()


async def test_catalogue_that_stays_down_costs_a_registration_nothing(registered, caller, attempt, stac):
    down = StacClient("http://127.0.0.1:9", None)
    with pytest.raises(Unavailable):
        await attempt(registered["id"], down, MAX_ATTEMPTS)
    assert (await caller.ask(c.GetBaseModel(model_id=registered["id"]), ADMIN))["status"] == "registering"
    await attempt(registered["id"], stac, MAX_ATTEMPTS)
    assert (await settled(caller, registered["id"]))["status"] == "active"
    await down.stop()


@pytest.mark.spec("17.4", "registering to failed")
async def test_registration_whose_workers_died_fails_with_words(registered, caller, running, attempt):
    async with running.db.raw() as connection:
        await connection.execute("update base_models set status = 'registering' where id = %s", [registered["id"]])
    for generation, expected in ((7, "registering"), (1, "failed"), (1, "failed")):
        job = c.BaseModelRegistrationJob(model_id=registered["id"], user_id=1, generation=generation)
        envelope = opened(job.model_dump_json().encode(), headers_of(job, "catalog", ADMIN, new_id()))
        context = JobContext(envelope, running.db, running.bus, running.relay, "catalog", MAX_ATTEMPTS + 1)
        await give_up_registration(job, context)
        row = await caller.ask(c.GetBaseModel(model_id=registered["id"]), ADMIN)
        assert row["status"] == expected
    assert "infrastructure" in row["error"]


async def test_overtaken_registration_records_nothing(registered, caller, running, stac, attempt, monkeypatch):
    check = registration.check_addresses

    async def overtaken(*args) -> None:
        await check(*args)
        async with running.db.raw() as connection:
            await connection.execute("update base_models set generation = 9 where id = %s", [registered["id"]])

    monkeypatch.setattr(registration, "check_addresses", overtaken)
    await attempt(registered["id"], stac, stac_version=1)
    assert (await caller.ask(c.GetBaseModel(model_id=registered["id"]), ADMIN))["status"] == "registering"


@pytest.mark.spec("6.2", "entrypoint must be shipped")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"properties": {}}, "invalid_stac_item"),
        ({"id": "no/path"}, "invalid_stac_item"),
        ({"assets": {"source-code": {"mlm:entrypoint": "models.unet.pipeline"}}}, "invalid_stac_item"),
        ({"assets": {"source-code": {"mlm:entrypoint": "models.absent.pipeline:predict"}}}, "unknown_entrypoint"),
        ({"assets": {"source-code": {"mlm:entrypoint": "models.unet.pipeline:absent"}}}, "unknown_entrypoint"),
    ],
)
async def test_submission_is_refused_before_any_row(caller, change, code):
    item = base_item() | change
    verdict = await caller.send(c.RegisterBaseModel(stac_item=item), ADMIN)
    assert (verdict.kind, verdict.code) == ("invalid", code)


@pytest.mark.spec("6.2", "non-admin 403")
async def test_only_admins_register(caller):
    assert (await caller.send(c.RegisterBaseModel(stac_item=base_item()), MAPPER)).kind == "forbidden"


async def test_unknown_category_is_refused(caller):
    verdict = await caller.send(c.RegisterBaseModel(stac_item=base_item(), category="nope"), ADMIN)
    assert "category" in verdict.facts


async def test_one_item_cannot_belong_to_two_models(registered, caller, files_port):
    item = base_item(files_port) | {"id": registered["stac_item_id"]}
    assert (await caller.send(c.RegisterBaseModel(stac_item=item), ADMIN)).code == "stac_item_taken"


@pytest.mark.spec("1.3", "unknown category 400")
@pytest.mark.spec("6.2", "filter status, filter category, search")
@pytest.mark.spec("6.2", "GET /base-models/")
@pytest.mark.spec("15", "only expand=stac")
async def test_lists_filter_search_order_and_expand(registered, caller):
    page = Page(search=registered["name"][2:].upper(), ordering="-created_at,nonsense")
    found = await caller.ask(c.ListBaseModels(page=page, category="buildings", expand=True), ANONYMOUS)
    none = await caller.ask(c.ListBaseModels(page=page, status="failed"), ANONYMOUS)
    assert (found["count"], none["count"]) == (1, 0)
    assert found["results"][0]["stac"]["properties"]["mlm:name"] == registered["name"]
    with pytest.raises(DomainError, match="category"):
        await caller.ask(c.ListBaseModels(category="nope"))


async def submitted(caller, base: dict, **changes) -> TrainingSubmitted:
    """Training tells of a first run; the catalog's row exists afterwards."""
    number = uuid4().int % 10**9
    event = TrainingSubmitted.model_validate({
        "training_id": number, "local_model": number, "user_id": 7, "username": "mapper",
        "model_name": f"t-{number}", "base_model_stac_id": base["stac_item_id"], "dataset_stac_id": "d", **changes,
    })  # fmt: skip
    await caller.publish(event)
    await eventually(lambda: row_of(caller, event.local_model))
    return event


async def row_of(caller, model_id: int, actor=MAPPER) -> dict | None:
    try:
        return await caller.ask(c.GetLocalModel(model_id=model_id), actor)
    except NotFound:
        return None


@pytest.mark.spec(
    "6.3",
    "GET /local-models/{id}/, visible rows, category, base_model, base_model_name, stac_item_id, visibility, user",
)
@pytest.mark.spec("6.3", "is_pinned, star_count, is_starred, stac, last_modified")
@pytest.mark.spec("6.3", "run_count")
@pytest.mark.spec("17.5", "active without an item")
async def test_training_brings_a_private_local_model_into_being(registered, caller):
    event = await submitted(caller, registered)
    await submitted(caller, registered, local_model=event.local_model, model_name=event.model_name)

    async def both():
        row = await row_of(caller, event.local_model)
        return row if row["run_count"] == 2 else None

    row = await eventually(both)
    assert (row["name"], row["base_model"], row["base_model_name"]) == (
        event.model_name, registered["id"], registered["name"],
    )  # fmt: skip
    assert (row["visibility"], row["status"], row["stac_item_id"], row["category"]) == (
        "private", "active", "", "buildings",
    )  # fmt: skip
    assert row["user"] == {"osm_id": 7, "username": "mapper"}
    assert {"is_pinned", "star_count", "is_starred", "stac", "last_modified"} <= set(row)
    assert await row_of(caller, event.local_model, STRANGER) is None
    assert await row_of(caller, event.local_model, ADMIN)


@pytest.mark.spec("6.3", "filter base_model, filter user, search, ordering")
@pytest.mark.spec("6.3", "GET /local-models/")
async def test_local_models_are_listed_to_those_who_may_see_them(registered, caller):
    first, second = [await submitted(caller, registered) for _ in range(2)]
    mine = await caller.ask(c.ListLocalModels(base_model=registered["id"], user=7, page=Page(ordering="created_at")))
    found = await caller.ask(c.ListLocalModels(page=Page(search=second.model_name.upper())), ADMIN)
    theirs = await caller.ask(c.ListLocalModels(base_model=registered["id"]), STRANGER)
    assert [row["id"] for row in mine["results"]] == [first.local_model, second.local_model]
    assert (mine["count"], found["count"], theirs["count"]) == (2, 1, 0)
    with pytest.raises(DomainError, match="base model"):
        await caller.ask(c.ListLocalModels(base_model=0))


@pytest.mark.spec("6.3", "POST /local-models/{id}/publish/")
@pytest.mark.spec("6.3", "POST /local-models/{id}/unpublish/")
async def test_visibility_is_the_owners_affair(registered, caller, heard):
    event = await submitted(caller, registered)
    public = c.SetLocalModelVisibility(model_id=event.local_model, visibility="public")
    assert (await caller.send(public, STRANGER)).kind == "not_found"
    assert (await caller.send(public)).result["visibility"] == "public"
    assert (await row_of(caller, event.local_model, ANONYMOUS))["visibility"] == "public"
    assert (await caller.send(public.model_copy(update={"visibility": "private"}), STRANGER)).kind == "forbidden"
    assert await eventually(lambda: [data for kind, data in heard if kind == "local_model_changed"])


@pytest_asyncio.fixture
async def run(registered, caller, stac, storage, training):
    """A completed run of a new local model, on the base model and a registered dataset."""
    event = await submitted(caller, registered)
    dataset = await publish_dataset(dataset_facts(), stac)
    await storage.put("zenml/trained", b"weights of the run")
    await storage.put("zenml/onnx", tiny_onnx())
    answer = publishable(
        training_id=event.training_id, local_model=event.local_model, model_name=event.model_name,
        base_model_stac_id=registered["stac_item_id"], dataset_stac_id=dataset,
        artifacts={"trained_model": storage.uri("zenml/trained"), "onnx_model": storage.uri("zenml/onnx")},
    )  # fmt: skip
    training[event.training_id] = answer
    return answer


@pytest.mark.spec("19", "local-models/{item}/")
@pytest.mark.spec("7.7", "title, stays private")
@pytest.mark.spec("7.7", "POST /trainings/{id}/publish/")
@pytest.mark.spec("17.5", "promotion fills the item")
async def test_published_run_is_an_item_with_its_files(run, caller, stac, storage, heard):
    command_id = uuid4()
    verdict = await caller.send(
        c.PublishLocalModel(training_id=run["training_id"], title="Roofs of the hill"), MAPPER, command_id
    )
    item_id = local_item_id(run["run_id"], command_id)
    item = await stac.get(LOCAL_MODELS, item_id)
    metrics = json.loads(await storage.get(f"local-models/{item_id}/training-metrics/{item_id}.json"))
    assert (verdict.http, verdict.result) == (201, {"local_model_stac_id": item_id})
    assert item["properties"]["title"] == "Roofs of the hill"
    assert item["properties"]["mlm:hyperparameters"]["training.epochs"] == 2
    assert item["properties"]["fair:metrics"] == run["metrics"]
    assert set(item["properties"]["keywords"]) >= {"building", "polygon", "semantic-segmentation"}
    assert [link["href"] for link in item["links"] if link["rel"] == "derived_from"] == [
        stac.href("base-models", run["base_model_stac_id"]), stac.href("datasets", run["dataset_stac_id"]),
    ]  # fmt: skip
    assert await storage.get(f"local-models/{item_id}/checkpoint/weights.pt") == b"weights of the run"
    assert item["assets"]["model"]["href"] == storage.uri(f"local-models/{item_id}/model/model.onnx")
    assert item["assets"]["model"]["file:size"] == len(tiny_onnx())
    assert metrics == {"epochs": [1, 2], "train_loss": [1.0, 0.5], "val_loss": [2.0, 1.0]}
    row = await row_of(caller, run["local_model"])
    assert (row["stac_item_id"], row["visibility"]) == (item_id, "private")
    told = await eventually(lambda: [data for kind, data in heard if kind == "local_model_published"])
    assert told[0]["facts"]["onnx_uri"] == item["assets"]["model"]["href"]
    with pytest.raises(NotFound):
        await caller.ask(c.GetModelSummary(stac_item_id=item_id), STRANGER)
    assert (await caller.ask(c.GetModelSummary(stac_item_id=item_id)))["kind"] == "local"


@pytest.mark.parametrize(
    ("told", "is_drawn"),
    [([{"confidence": 0.9, "right": 0.8, "count": 5}], True), ([{"confidence": 9, "right": "?"}], False), (0.5, False)],
)
async def test_a_published_model_shows_how_often_it_is_right(run, caller, stac, storage, told, is_drawn):
    """What a plug-in tells may be anything; the model is published all the same."""
    run["metrics"] |= {"reliability": told}
    verdict = await caller.send(c.PublishLocalModel(training_id=run["training_id"]))
    item_id = verdict.result["local_model_stac_id"]
    assert ("reliability" in (await stac.get(LOCAL_MODELS, item_id))["assets"]) == is_drawn
    if is_drawn:
        plot = await storage.get(f"local-models/{item_id}/reliability/{item_id}.png")
        assert plot.startswith(b"\x89PNG")


@pytest.mark.spec("7.7", "previous version deprecated")
@pytest.mark.spec("7.7", "again makes a version")
async def test_publishing_again_is_another_version_and_deprecates_the_first(run, caller, stac):
    command = c.PublishLocalModel(training_id=run["training_id"])
    first, second = [await caller.send(command) for _ in range(2)]
    old, new = [await stac.get(LOCAL_MODELS, v.result["local_model_stac_id"]) for v in (first, second)]
    assert old["id"] != new["id"]
    assert (old["properties"]["deprecated"], new["properties"]["deprecated"]) == (True, False)
    assert (old["properties"]["version"], new["properties"]["version"]) == ("1", "2")
    assert link(old, "successor-version") == stac.href(LOCAL_MODELS, new["id"])
    assert link(new, "predecessor-version") == stac.href(LOCAL_MODELS, old["id"])
    assert link(new, "latest-version") == stac.href(LOCAL_MODELS, new["id"])
    assert link(old, "latest-version") is None
    assert new["properties"]["title"] == f"{run['model_name']} v2"
    assert (await row_of(caller, run["local_model"]))["stac_item_id"] == new["id"]


async def test_the_same_command_is_the_same_version_even_after_a_crash(run, caller, running, stac, storage):
    command, command_id = c.PublishLocalModel(training_id=run["training_id"]), uuid4()
    envelope = opened(command.model_dump_json().encode(), headers_of(command, "gateway", MAPPER, command_id))
    tools = publishing.PublishContext(
        running.bus, stac, storage, next(a for a in running.provides if isinstance(a, ItemCache))
    )
    before = await caller.send(command)
    read = ReadTx(running.db, MAPPER, envelope)
    await publishing.publish(command, read, tools)  # written, never recorded
    await read.close()
    verdict = await caller.send(command, MAPPER, command_id)
    again = await caller.send(command, MAPPER, command_id)
    item = await stac.get(LOCAL_MODELS, local_item_id(run["run_id"], command_id))
    assert verdict.result == again.result == {"local_model_stac_id": item["id"]}
    assert item["properties"]["version"] == "2"
    assert link(item, "predecessor-version") == stac.href(LOCAL_MODELS, before.result["local_model_stac_id"])


async def test_versions_published_at_once_follow_one_another(run, caller, stac):
    command = c.PublishLocalModel(training_id=run["training_id"])
    verdicts = await asyncio.gather(*(caller.send(command) for _ in range(3)))
    items = [await stac.get(LOCAL_MODELS, verdict.result["local_model_stac_id"]) for verdict in verdicts]
    items.sort(key=lambda item: item["properties"]["version"])
    assert [item["properties"]["version"] for item in items] == ["1", "2", "3"]
    assert [item["properties"]["deprecated"] for item in items] == [True, True, False]
    assert [link(item, "predecessor-version") for item in items] == [
        None, *(stac.href(LOCAL_MODELS, item["id"]) for item in items[:2]),
    ]  # fmt: skip


@pytest.mark.spec("7.7", "assets mirrored")
@pytest.mark.spec("18.4", "copies and republishes")
async def test_published_version_is_mirrored(run, caller, stac):
    published = await caller.send(c.PublishLocalModel(training_id=run["training_id"]))
    item_id = published.result["local_model_stac_id"]

    async def addresses():
        assets = (await stac.get(LOCAL_MODELS, item_id))["assets"]
        names = ("model", "checkpoint", "training-metrics")
        return [assets[name]["href"] for name in names if "/stac-assets/local-models/" in assets[name]["href"]]

    assert await eventually(addresses, 30)
    wanted = GetDownload(collection=LOCAL_MODELS, item_id=item_id, asset="training-metrics")
    with pytest.raises(NotFound):  # its row is private
        await caller.ask(wanted, ANONYMOUS)
    link = await caller.ask(wanted)
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(link["url"])).json()["epochs"] == [1, 2]


@pytest.mark.spec("24", "6 admins may promote")
async def test_admins_may_publish_and_strangers_may_not(run, caller, stac):
    command = c.PublishLocalModel(training_id=run["training_id"])
    assert (await caller.send(command, STRANGER)).detail == "Not allowed."
    assert (await caller.send(command, ADMIN)).http == 201


def link(item: dict, rel: str) -> str | None:
    return next((link["href"] for link in item["links"] if link["rel"] == rel), None)


@pytest.mark.spec("1.4", "STAC_VALIDATION_ERROR")
@pytest.mark.spec("7.7", "foreign 403, not completed 409")
@pytest.mark.spec("7.7", "refusal 422")
async def test_refusals_of_publishing(run, caller, training, stac):
    command = c.PublishLocalModel(training_id=run["training_id"])
    not_owner = await caller.send(command, STRANGER)
    training[run["training_id"]] = run | {"hyperparameters": {"epochs": 2, "surprise": 1}}
    unknown_value = await caller.send(command)
    training[run["training_id"]] = run | {"artifacts": {}}
    no_artifact = await caller.send(command)
    del training[run["training_id"]]
    not_completed = await caller.send(command)
    assert (not_owner.kind, not_owner.detail) == ("forbidden", "Not allowed.")
    assert {v.code for v in (unknown_value, no_artifact)} == {"STAC_VALIDATION_ERROR"}
    assert "surprise" in unknown_value.detail
    assert (not_completed.kind, not_completed.detail) == ("conflict", "The run is not completed.")
    assert await stac.named(LOCAL_MODELS, "mlm:name", run["model_name"]) == []


@pytest.mark.spec("6.2", "pinned_location")
@pytest.mark.spec("6.4", "results, model_type")
@pytest.mark.spec("6.2", "PATCH /base-models/{id}/pin/, reverse geocoding")
@pytest.mark.spec("6.4", "GET /pinned-models/")
async def test_pin_reaches_row_item_and_list(registered, caller, stac):
    pin = PinModel(registry="base", model_id=registered["id"], pinned_location=(85.5, 27.6))
    assert (await caller.send(pin, MAPPER)).kind == "forbidden"
    row = (await caller.send(pin, ADMIN)).result
    item = await stac.get(BASE_MODELS, registered["stac_item_id"])
    listed = await caller.ask(ListPinnedModels(expand=True), ANONYMOUS)
    assert row["is_pinned"]
    assert row["stac"]["properties"]["fair:pinned"]
    assert item["properties"]["fair:preview_location"]["coordinates"] == [85.5, 27.6]
    assert [item["properties"][f"fair:preview_{name}"] for name in ("place", "country", "country_code")] == [
        "Panauti̇̄", "Nepal", "NP",
    ]  # fmt: skip
    assert item["properties"]["fair:coverage"] == "global"
    assert (registered["id"], "base") in [(found["id"], found["model_type"]) for found in listed["results"]]


@pytest.mark.spec("6.2", "metadata needs an item")
@pytest.mark.spec("6.3", "PATCH /local-models/{id}/metadata/")
async def test_owner_describes_a_published_model(run, caller, stac):
    describe = DescribeModel(registry="local", model_id=run["local_model"], title="Roofs")
    unpublished = await caller.send(describe)
    await caller.send(c.PublishLocalModel(training_id=run["training_id"]))
    assert (unpublished.kind, set(unpublished.facts)) == ("invalid", {"stac"})
    assert (await caller.send(describe)).result["stac"]["properties"]["title"] == "Roofs"
    assert (await caller.send(describe, STRANGER)).kind == "not_found"
    await caller.send(c.SetLocalModelVisibility(model_id=run["local_model"], visibility="public"))
    assert (await caller.send(describe, STRANGER)).kind == "forbidden"


@pytest.mark.spec("6.2", "pin touches STAC only with an item")
@pytest.mark.spec("6.3", "PATCH /local-models/{id}/pin/")
async def test_pin_of_an_unpublished_model_sets_the_flag_only(registered, caller):
    event = await submitted(caller, registered)
    pin = PinModel(registry="local", model_id=event.local_model, pinned_location=(85.5, 27.6))
    row = (await caller.send(pin, ADMIN)).result
    assert (row["is_pinned"], row["stac"]) == (True, None)
    unpinned = (await caller.send(pin.model_copy(update={"is_pinned": False}), ADMIN)).result
    assert not unpinned["is_pinned"]


@pytest.mark.parametrize(
    ("bbox", "centre"),
    [
        (None, None), ([-180, -90, 180, 90], None), ([85.0, 27.0, 86.0, 28.0], (85.5, 27.5)),
        ([85.0, 27.0, 0.0, 86.0, 28.0, 9.0], (85.5, 27.5)), ([179.0, -19.0, -177.0, -17.0], (-179.0, -18.0)),
    ],
)  # fmt: skip
def test_middle_of_a_box(bbox, centre):
    assert bbox_center(bbox) == centre


@pytest.mark.spec("6.2", "title")
@pytest.mark.spec("6.2", "PATCH /base-models/{id}/metadata/")
async def test_description_changes_the_item_only(registered, caller, stac):
    described = DescribeModel(registry="base", model_id=registered["id"], title="New title")
    row = (await caller.send(described, ADMIN)).result
    item = await stac.get(BASE_MODELS, registered["stac_item_id"])
    assert item["properties"]["title"] == row["stac"]["properties"]["title"] == "New title"
    assert (await caller.send(DescribeModel(registry="base", model_id=registered["id"]), ADMIN)).kind == "invalid"


async def test_edits_at_once_undo_nothing(registered, caller, stac):
    edits = [
        EditModelStac(registry="base", model_id=registered["id"], properties={f"note:{number}": number})
        for number in range(5)
    ]
    await asyncio.gather(*(caller.send(edit, ADMIN) for edit in edits))
    properties = await said(stac, registered["stac_item_id"])
    assert [properties.get(f"note:{number}") for number in range(5)] == list(range(5))


@pytest.mark.spec("1.4", "validation_errors")
@pytest.mark.spec("6.2", "properties, stac_extensions, identity keys 400, extension host")
@pytest.mark.spec("6.2", "PATCH /base-models/{id}/stac/")
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"properties": {"mlm:name": "other"}}, "properties"),
        ({"properties": {"keywords": ["unheard-of"]}}, "stac"),
        ({"stac_extensions": ["https://example.org/x.json"]}, "stac_extensions"),
    ],
)
async def test_edit_that_would_break_the_item_is_refused(registered, caller, stac, change, field):
    before = await said(stac, registered["stac_item_id"])
    verdict = await caller.send(EditModelStac(registry="base", model_id=registered["id"], **change), ADMIN)
    assert field in verdict.facts
    assert await said(stac, registered["stac_item_id"]) == before


async def said(stac, item_id: str) -> dict:
    """The item's properties, except what its mirroring changes."""
    return (await stac.get(BASE_MODELS, item_id))["properties"] | {"updated": None}
