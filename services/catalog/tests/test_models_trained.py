"""What training tells of models, in whatever order it comes."""

import time
from uuid import uuid4

import pytest
from stac_fixtures import settled
from stac_things import base_item

from catalog.datasets.tables import DatasetUse
from contracts.catalog import models as c
from contracts.gateway import UserChanged
from contracts.training import ModelCardWritten, TrainingSubmitted
from kit.errors import NotFound
from kit.testing import ADMIN, MAPPER, Caller, eventually

pytestmark = pytest.mark.usefixtures("running")
PROMPT = 5.0


async def inbox(running, message_id) -> tuple | None:
    async with running.db.raw() as connection:
        cursor = await connection.execute("select dead from inbox where message_id = %s", (message_id,))
        return await cursor.fetchone()


async def is_known(running, username: str) -> bool:
    async with running.db.raw() as connection:
        cursor = await connection.execute("select 1 from known_users where username = %s", (username,))
        return bool(await cursor.fetchone())


async def test_models_of_an_unknown_base_wait_without_holding_up_others(
    running, working, weights, caller: Caller, files_port, stac
):
    item, number, name = base_item(files_port), int(uuid4().int % 10**9), f"early-{uuid4().hex[:6]}"
    common = {"local_model": number, "user_id": 7, "username": "mapper", "model_name": name,
              "base_model_stac_id": item["id"]}  # fmt: skip
    training = TrainingSubmitted.model_validate(common | {"training_id": number, "dataset_stac_id": "d-1"})
    card = ModelCardWritten.model_validate(common | {"title": "Early", "description": "d", "dataset": None})
    began = time.monotonic()
    told = [await caller.publish(event) for event in (training, card)]
    await caller.publish(UserChanged(user_id=number, username=name))
    for message_id in told:
        row = await eventually(lambda message_id=message_id: inbox(running, message_id), PROMPT)
        assert not row[0]
    await eventually(lambda: is_known(running, name), PROMPT)
    assert time.monotonic() - began < PROMPT
    async with running.db.session() as session:
        assert await session.get(DatasetUse, number) is not None
    with pytest.raises(NotFound):
        await caller.ask(c.GetLocalModel(model_id=number), MAPPER)

    verdict = await caller.send(c.RegisterBaseModel(stac_item=item), ADMIN)
    assert (await settled(caller, verdict.result["id"]))["status"] == "active"
    model = await caller.ask(c.GetLocalModel(model_id=number), MAPPER)
    assert (model["name"], model["base_model"], model["run_count"]) == (name, verdict.result["id"], 1)
    assert model["title"] == "Early"
    async with running.db.raw() as connection:
        cursor = await connection.execute("select count(*) from waiting_models where local_model_id = %s", (number,))
        assert await cursor.fetchone() == (0,)
