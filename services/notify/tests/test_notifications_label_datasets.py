"""A dataset version of the label store reaches who asked for it, and their programs."""

import base64
import json
from typing import Any

from webhook_listener import Listener

from contracts.catalog.label_datasets import LabelDatasetExportFailed, LabelDatasetRegistered, LabelExportReady
from contracts.catalog.label_imports import LabelImportEnded
from contracts.notify import ListNotifications
from contracts.shared import Outcome
from kit.testing import Caller, eventually
from notify.notifications.label_event_handlers import import_text


def registered(**change: Any) -> LabelDatasetRegistered:
    values = {
        "dataset_id": 11, "campaign_id": 1, "version": 2, "title": "danube", "stac_item_id": "danube-v2",
        "uri": "s3://b/danube/v2/", "manifest_sha256": "a" * 64, "classes": ["roof"], "chips_uri": "s3://b/i/",
        "labels_uri": "s3://b/a.geojson", "chip_count": 5, "summary": {"objects": 9, "excluded": 1},
    }  # fmt: skip
    return LabelDatasetRegistered.model_validate({**values, **change})


async def test_the_one_who_asked_and_his_programs_hear_of_a_version(somebody: Listener, caller: Caller):
    await somebody.listen("web")
    person = somebody.person
    await caller.publish(registered(dataset_id=12))
    await caller.publish(registered(user_id=person.id))
    failed = {"dataset_id": 13, "campaign_id": 1, "version": 3, "user_id": person.id, "error": "empty_dataset: none."}
    await caller.publish(LabelDatasetExportFailed.model_validate(failed))

    async def told() -> list[dict[str, Any]] | None:
        rows = (await caller.ask(ListNotifications(), person))["results"]
        return rows if len(rows) >= 2 else None

    rows = await eventually(told)
    assert {row["message"] for row in rows} == {
        "Version 2 of the label dataset “danube” is ready: 5 images, 9 objects, 1 images left out.",
        "Version 3 of label dataset 13 could not be made. empty_dataset: none.",
    }
    await somebody.logged("delivered")
    said = json.loads(base64.b64decode(somebody.got()[0]["body"]))
    assert (said["type"], said["data"]["manifest_sha256"]) == ("label_dataset.registered", "a" * 64)


def test_what_people_read_of_an_import():
    outcome = Outcome.of(3, [("Its shape is not valid.", "annotation 1")])
    done = LabelImportEnded(import_id=1, campaign_id=3, state="done", images=Outcome.of(2), objects=outcome)
    assert import_text(done).startswith("The import into campaign 3 is done: 2 images, 3 objects")
    failed = LabelImportEnded(import_id=1, campaign_id=3, state="failed", error="It is no ZIP.")
    assert import_text(failed) == "The import into campaign 3 failed. It is no ZIP."


async def test_exports_and_imports_reach_who_asked_and_his_programs(somebody: Listener, caller: Caller):
    await somebody.listen("email")
    who = {"user_id": somebody.person.id}
    values = {"export_id": 9, "dataset_id": 5, "format": "yolo", "sha256": "b" * 64, "size": 1}
    await caller.publish(LabelExportReady.model_validate(values | who))
    await caller.publish(
        LabelImportEnded.model_validate({"import_id": 1, "campaign_id": 3, "state": "cancelled", **who})
    )
    await caller.publish(LabelImportEnded.model_validate({"import_id": 2, "campaign_id": 3, "state": "done", **who}))

    async def got() -> list[Any] | None:
        said = [json.loads(base64.b64decode(one["body"])) for one in somebody.got()]
        return said if len(said) >= 2 else None

    said = {one["type"]: one["data"] for one in await eventually(got)}
    assert said["label_export.ready"]["sha256"] == "b" * 64
    assert said["label_import.ended"]["import_id"] == 2
