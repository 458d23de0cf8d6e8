"""What v1 rows also tell of their neighbours. Each neighbour is asked once for a page, several at the same time."""

import asyncio
from typing import Any

import orjson
from starlette.requests import Request

from contracts.base import Query
from contracts.catalog.areas import ListAois
from contracts.catalog.datasets import GetDataset
from contracts.catalog.labels import ListLabels
from contracts.catalog.models import GetLocalModel
from contracts.prediction.feedback import CountJudgements
from contracts.shared import Page
from contracts.training import GetTraining
from gateway.api.feedback import judged
from gateway.call import call_of
from gateway.queries import answer
from gateway.v1 import people
from gateway.v1.answers import Row
from kit.errors import NotFound, Unauthenticated

ACCURACIES = ("accuracy", "categorical_accuracy", "mean_iou", "map50")
"""The first metric that is there counts."""
AT_ONCE = 6
"""Questions of one page under way; its hundreds of rows would leave the neighbours without a database connection."""


class Facts:
    """None stands for what is not there or may not be seen."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._few = asyncio.Semaphore(AT_ONCE)
        self._asked: dict[str, asyncio.Task[Any]] = {}

    @property
    def actor_id(self) -> int:
        return call_of(self.request).actor.id

    async def ask(self, query: Query) -> Any:
        key = f"{query.ce_type()} {query.model_dump_json()}"
        if key not in self._asked:
            self._asked[key] = asyncio.create_task(self._ask(query))
        return await self._asked[key]

    async def _ask(self, query: Query) -> Any:
        try:
            async with self._few:
                return orjson.loads(await answer(self.request, query))
        except (NotFound, Unauthenticated):
            return None

    async def dataset(self, dataset_id: int | None) -> Row | None:
        return None if dataset_id is None else await self.ask(GetDataset(dataset_id=dataset_id))

    async def training(self, training_id: int | None) -> Row | None:
        return None if training_id is None else await self.ask(GetTraining(training_id=training_id))

    async def model(self, model_id: int) -> Row | None:
        return await self.ask(GetLocalModel(model_id=model_id))

    async def judgements(self, training_id: int) -> dict[str, int]:
        """How often each action was given on it."""
        found = await self.ask(CountJudgements(stac_id=judged(training_id)))
        return found or {}

    async def labels(self, dataset_id: int) -> int:
        """How many there are in its areas."""
        found = await self.ask(ListLabels(dataset=dataset_id, page=Page(limit=1)))
        return found["count"] if found else 0

    async def centre(self, dataset_id: int | None) -> tuple[float, float] | None:
        """Longitude and latitude of the middle of the dataset's first area."""
        if dataset_id is None:
            return None
        areas = await self.ask(ListAois(dataset=dataset_id, page=Page(limit=1)))
        return centre_of(areas["results"][0]["bbox"]) if areas and areas["results"] else None

    async def person(self, user: Row) -> Row:
        return await people.shown(call_of(self.request), user)


def centre_of(box: list[float]) -> tuple[float, float]:
    west, south, east, north = box
    return (west + east) / 2, (south + north) / 2


def accuracy_of(training: Row | None) -> float | None:
    """Per cent, as v1 clients expect it."""
    metrics = (training or {}).get("metrics") or {}
    value = next((metrics[name] for name in ACCURACIES if name in metrics), None)
    return None if value is None else round(100 * value, 2)
