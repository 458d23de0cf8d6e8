"""Items name where their models answer; a command puts them right."""

import asyncio
import json
import os
import sys

import pytest
from stac_fixtures import settled
from stac_things import base_item

from catalog.commands.reconcile_endpoints import reconcile
from catalog.models.endpoint import ASSET, clear_endpoint, set_endpoint
from catalog.stac.vocabulary import BASE_MODELS
from contracts.catalog import models as c
from kit.testing import ADMIN, eventually

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("running")]
DOOR = "https://fair.example/api/v1/inference/predict/"


async def command(*arguments: str) -> tuple[int, dict]:
    """As cron would run it: exit code and what it prints."""
    argv = (sys.executable, "-m", "catalog.commands.reconcile_endpoints", *arguments)
    run = await asyncio.create_subprocess_exec(*argv, env=os.environ, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(120):
        said, _ = await run.communicate()
    return run.returncode or 0, json.loads(said)


async def address(stac, item_id: str) -> str | None:
    return (await stac.get(BASE_MODELS, item_id))["assets"].get(ASSET, {}).get("href")


async def mirrored(stac, item_id: str) -> dict:
    """The item when nobody is going to write it any more."""

    async def there():
        item = await stac.get(BASE_MODELS, item_id)
        return item if "/stac-assets/" in item["assets"]["model"]["href"] else None

    return await eventually(there, 60)


def test_only_our_own_address_is_ever_changed():
    item = {"assets": {}}
    ours = set_endpoint(item, "https://old.example/api/v1")
    theirs = {"assets": {ASSET: {"href": "https://infer.example/unet/predict"}}}
    assert set_endpoint(ours, "https://fair.example/api/v1")["assets"][ASSET]["href"] == DOOR
    assert set_endpoint(theirs, "https://fair.example/api/v1") == theirs
    assert set_endpoint(item, None) == item


async def test_a_registered_model_answers_at_our_door_or_at_its_own(registered, caller, stac, files_port):
    assert await address(stac, registered["stac_item_id"]) == DOOR
    own = "https://infer.example/unet/predict"
    command = c.RegisterBaseModel(stac_item=base_item(files_port), category="buildings", inference_endpoint=own)
    other = await settled(caller, (await caller.send(command, ADMIN)).result["id"])
    assert await address(stac, other["stac_item_id"]) == own


@pytest.mark.spec("18.8", "reconcile_knative")
async def test_addresses_are_put_right_and_what_is_not_active_loses_its_own(registered, caller, stac, running):
    item_id, archived = registered["stac_item_id"], f"{registered['stac_item_id']}-v1"
    item = await mirrored(stac, item_id)
    await stac.put({**item, "id": archived, "properties": {**item["properties"], "deprecated": True}})
    await stac.put(clear_endpoint(item))
    _, kept = await command()
    assert (item_id in kept["applied"], kept["removed"]) == (True, [])
    assert [await address(stac, one) for one in (item_id, archived)] == [DOOR, DOOR]
    _, pruned = await command("--prune")
    assert (item_id in pruned["applied"], archived in pruned["removed"]) == (True, True)
    assert [await address(stac, one) for one in (item_id, archived)] == [DOOR, None]
    assert (await command("--prune"))[1]["removed"] == []


async def test_a_model_that_cannot_answer_is_told_and_ends_the_command_badly(registered, stac, running, settings):
    item_id = registered["stac_item_id"]
    item = await mirrored(stac, item_id)
    await stac.delete(BASE_MODELS, item_id)
    code, told = await command()
    assert (code, told["failed"][item_id]) == (1, "The catalogue does not hold its item.")
    source = {**item["assets"]["source-code"], "mlm:entrypoint": "models.gone.pipeline:predict"}
    await stac.put({**item, "assets": {**item["assets"], "source-code": source}})
    told = await reconcile(settings, prune=False)
    assert told.failed[item_id] == "This deployment ships no models.gone.pipeline."
    assert item_id not in told.applied
