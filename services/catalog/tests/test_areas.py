from uuid import uuid4

from contracts.catalog.areas import CreateAoi, GetAoi
from kit.testing import Caller

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]]],
}


async def test_aoi_is_readable_after_create(running, caller: Caller):
    verdict = await caller.send(CreateAoi(geometry=SQUARE))
    row = await caller.ask(GetAoi(aoi_id=verdict.result["properties"]["id"]))
    assert verdict.http == 201
    assert row["geometry"] == SQUARE


async def test_repeated_command_gets_its_first_verdict(running, caller: Caller):
    key = uuid4()
    first = await caller.send(CreateAoi(geometry=SQUARE), command_id=key)
    assert await caller.send(CreateAoi(geometry=SQUARE), command_id=key) == first


async def test_same_key_with_another_body_is_refused(running, caller: Caller):
    key = uuid4()
    await caller.send(CreateAoi(geometry=SQUARE), command_id=key)
    second = await caller.send(CreateAoi(geometry=SQUARE, dataset=5), command_id=key)
    assert second.code == "idempotency_key_reused"
