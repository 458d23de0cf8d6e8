"""One training of a model at a time, and models that are deleted."""

import asyncio

import pytest

from contracts import training as c
from kit.errors import NotFound
from kit.testing import ADMIN, STRANGER, Caller, eventually

from .conftest import BASE, SUFFIX, fetch, fetch_nothing, order


@pytest.mark.spec("22.4", "one at a time")
@pytest.mark.parametrize("drafted", [True, False])
async def test_of_many_at_the_same_time_one_is_taken(known, caller: Caller, catalog, running, drafted: bool):
    """Whether the model was drafted before or is born of them."""
    name = f"Alone {drafted} {SUFFIX}"
    if drafted:
        await caller.send(c.DraftModel(base_model_stac_id=BASE, title=name))
    command = order(model_name=name, alone=True)
    verdicts = await asyncio.gather(*(caller.send(command) for _ in range(12)))
    taken = [one for one in verdicts if one.status == "accepted"]
    refused = {(one.kind, one.code, *one.facts) for one in verdicts if one.status == "refused"}
    assert (len(taken), refused) == (1, {("invalid", "already_running", "model")})
    first = taken[0].result
    rows = await fetch(running, "select id from trainings where local_model = %s", first["local_model"])
    assert rows == [(first["id"],)]
    await fetch_nothing(running, "update trainings set status = 'failed' where id = %s", first["id"])
    assert (await caller.send(command)).status == "accepted"


async def test_who_does_not_ask_for_it_may_train_several(known, caller: Caller, submit):
    name = f"Several {SUFFIX}"
    first, second = await submit(model_name=name), await submit(model_name=name)
    assert first["local_model"] == second["local_model"]


@pytest.mark.spec("22.3", "DELETE /model/{id}/")
async def test_model_goes_with_its_trainings(known, caller: Caller, submit, running, heard):
    row = await submit(model_name=f"Gone {SUFFIX}")
    delete = c.DeleteModel(model_id=row["local_model"])
    assert (await caller.send(delete, STRANGER)).code == "local_model_not_found"
    assert (await caller.send(delete)).code == "in_training"
    await fetch_nothing(running, "update trainings set status = 'failed' where id = %s", row["id"])
    await fetch_nothing(running, "update model_names set visibility = 'public' where id = %s", row["local_model"])
    assert (await caller.send(delete, STRANGER)).code == "not_yours"
    assert (await caller.send(delete)).http == 204
    for question in (c.GetModelCard(model_id=row["local_model"]), c.GetTraining(training_id=row["id"])):
        with pytest.raises(NotFound):
            await caller.ask(question, ADMIN)

    def told() -> set[str]:
        return {kind for kind, body in heard if body.get("model_name") == f"gone-{SUFFIX}"}

    await eventually(lambda: {"evt.training.v1.model_deleted", "evt.training.v1.training_deleted"} <= told())
