"""Lists as the first generation asked for them, and the picture of a training."""

from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image

from contracts import training as c
from contracts.shared import Page
from kit.errors import NotFound
from kit.testing import STRANGER, Caller

from .conftest import PRIVATE, SUFFIX, fetch_nothing, order
from .test_runs import SERVICE


async def listed(caller: Caller, model: int, **page) -> list[int]:
    query = c.ListTrainings(local_model=model, page=Page(**page))
    return [row["id"] for row in (await caller.ask(query))["results"]]


async def test_trainings_are_ordered_by_how_good_they_are(known, caller: Caller, running, submit):
    """By the first metric that each has; those without any come last."""
    rows = [await submit(model_name=f"Ranked {SUFFIX}") for _ in range(4)]
    ids, model = [row["id"] for row in rows], rows[0]["local_model"]
    for number, metrics in zip(ids, ('{"accuracy": 0.7}', '{"mean_iou": 0.9}', '{"map50": 0.8, "x": 1}'), strict=False):
        sql = "update trainings set outcome = jsonb_build_object('metrics', %s::jsonb) where id = %s"
        await fetch_nothing(running, sql, metrics, number)
    assert await listed(caller, model, ordering="-accuracy") == [ids[1], ids[2], ids[0], ids[3]]
    assert await listed(caller, model, ordering="accuracy") == [ids[3], ids[0], ids[2], ids[1]]


async def test_a_number_finds_the_training_of_that_id_where_it_is_asked_for(known, caller: Caller, submit):
    row = await submit(model_name=f"Numbered {SUFFIX}")
    model, number = row["local_model"], str(row["id"])
    assert await listed(caller, model, search=number, by_id=True) == [row["id"]]
    assert await listed(caller, model, search=number + "0", by_id=True) == []
    assert await listed(caller, model, search="9" * 40, by_id=True) == []


async def test_course_is_drawn(known, caller: Caller):
    row = (await caller.send(order(dataset_stac_id=PRIVATE, model_name=f"Drawn {SUFFIX}"))).result
    query = c.GetChart(training_id=row["id"])
    assert await caller.ask(query) == ""
    for epoch, loss in ((1, 0.9), (2, 0.4)):
        values = {"train_loss": loss, "done": epoch / 2}
        sample = c.ReportEpoch(training_id=row["id"], attempt=1, epoch=epoch, epochs=2, values=values)
        await caller.send(sample, SERVICE)
    picture = Image.open(BytesIO(b64decode(await caller.ask(query)))).convert("RGB")
    assert picture.size == (640, 420)
    assert picture.getpixel((48, 48)) == (215, 63, 63), "the first and greatest loss is at the top left"
    assert (215, 63, 63) not in {picture.getpixel((592, y)) for y in range(49, 150)}, "the last one is lower"
    with pytest.raises(NotFound):
        await caller.ask(query, STRANGER)
