"""Who may load the files of results: whoever sees the prediction, or has the token of its results."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from prediction_values import submission

from contracts.prediction import (
    DeletePrediction,
    GetPrediction,
    GetResult,
    GetResultFile,
    HeadResultFile,
    SetPredictionVisibility,
)
from contracts.shared import ANONYMOUS
from kit.errors import NotFound
from kit.testing import MAPPER, STRANGER, Caller
from prediction.results.addresses import Addresses

BASE = "https://fair.example/api/v1"
NAME = "predictions.geojson"
CONTENT = b'{"type":"FeatureCollection","features":[]}'


@dataclass
class Finished:
    id: int
    caller: Caller

    async def token(self) -> str:
        address = (await self.caller.ask(GetResult(prediction_id=self.id)))["geojson"]
        assert address.startswith(f"{BASE}/predictions/{self.id}/results/{NAME}")
        return parse_qs(urlsplit(address).query).get("token", [""])[0]

    async def load(self, actor, token: str = "", name: str = NAME) -> bytes:
        link = await self.caller.ask(GetResultFile(prediction_id=self.id, name=name, token=token), actor)
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(link["url"])).raise_for_status().content


@pytest.fixture
async def finished(running, caller: Caller, model, storage, tiles_url, village) -> AsyncIterator[Finished]:
    """A private prediction with results, by SQL."""
    addresses = next(one for one in running.provides if isinstance(one, Addresses))
    object.__setattr__(addresses, "base", BASE)
    number = (await caller.send(submission(tiles_url, village))).result["id"]
    await storage.put(f"predict/{number}/output/{NAME}", CONTENT, "application/geo+json")
    async with running.db.raw() as connection:
        await connection.execute(
            "update predictions set status = 'completed', results_ready = true where id = %s", (number,)
        )
    yield Finished(number, caller)
    object.__setattr__(addresses, "base", None)


async def test_private_results_are_for_their_owner_and_whoever_has_the_token(finished: Finished):
    token = await finished.token()
    assert len(token) == 32
    assert await finished.load(ANONYMOUS, token) == CONTENT
    assert await finished.load(MAPPER) == CONTENT
    for actor, wrong in ((ANONYMOUS, ""), (STRANGER, token[:-1]), (ANONYMOUS, "ü" * 32)):
        with pytest.raises(NotFound):
            await finished.load(actor, wrong)


async def test_head_measures(finished: Finished):
    asked = HeadResultFile(prediction_id=finished.id, name=NAME, token=await finished.token())
    stored = await finished.caller.ask(asked, ANONYMOUS)
    assert (stored["size"], stored["content_type"]) == (len(CONTENT), "application/geo+json")
    with pytest.raises(NotFound):
        await finished.caller.ask(asked.model_copy(update={"name": "predictions.fgb"}), ANONYMOUS)


@pytest.mark.parametrize("name", ["../input/x.tif", "raw.json", "predictions.csv", ""])
async def test_only_results_have_an_address(finished: Finished, name):
    with pytest.raises(NotFound):
        await finished.load(MAPPER, name=name)


async def test_addresses_end_when_the_visibility_changes(finished: Finished):
    token = await finished.token()
    await finished.caller.send(SetPredictionVisibility(prediction_id=finished.id, visibility="public"))
    assert await finished.token() == ""
    assert await finished.load(ANONYMOUS) == CONTENT
    await finished.caller.send(SetPredictionVisibility(prediction_id=finished.id, visibility="private"))
    with pytest.raises(NotFound):
        await finished.load(ANONYMOUS, token)
    assert await finished.token() != token
    row = await finished.caller.ask(GetPrediction(prediction_id=finished.id))
    assert "results_token" not in row


async def test_addresses_end_with_the_prediction(finished: Finished):
    token = await finished.token()
    await finished.caller.send(DeletePrediction(prediction_id=finished.id))
    with pytest.raises(NotFound):
        await finished.load(ANONYMOUS, token)
