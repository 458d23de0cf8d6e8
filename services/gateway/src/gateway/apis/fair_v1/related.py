"""Data of other resources that v1 rows contain. Each is requested once per page, several at the same time."""

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
from contracts.training import GetTraining, ListTrainings
from gateway.apis.fair_v1.accounts import users
from gateway.apis.fair_v1.answers import Row
from gateway.http.inputs.fields import training_feedback_id
from gateway.http.queries import answer
from gateway.http.request_context import request_context
from kit.errors import NotFound, Unauthenticated

ACCURACIES = ("accuracy", "categorical_accuracy", "mean_iou", "map50")
"""The first metric that exists is used."""
AT_ONCE = 6
"""Concurrent queries of one page; hundreds of rows would otherwise use up the database connections of the owners."""


class RelatedData:
    """None stands for a row that does not exist or that the caller may not see."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self._few = asyncio.Semaphore(AT_ONCE)
        self._asked: dict[str, asyncio.Task[Any]] = {}

    @property
    def actor_id(self) -> int:
        return request_context(self.request).actor.id

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

    async def dataset_id(self, model: Row) -> int | None:
        """Returns the dataset of a local model or its card: the one it was drafted for, else the one of its last
        training."""
        if model["dataset"] is not None:
            return model["dataset"]
        trainings = await self.ask(ListTrainings(local_model=model["id"], page=Page(limit=1, ordering="-submitted_at")))
        return trainings["results"][0]["dataset"] if trainings and trainings["results"] else None

    async def training(self, training_id: int | None) -> Row | None:
        return None if training_id is None else await self.ask(GetTraining(training_id=training_id))

    async def model(self, model_id: int) -> Row | None:
        return await self.ask(GetLocalModel(model_id=model_id))

    async def judgements(self, training_id: int) -> dict[str, int]:
        """Returns how often each action was given on the training."""
        found = await self.ask(CountJudgements(stac_id=training_feedback_id(training_id)))
        return found or {}

    async def labels(self, dataset_id: int) -> int:
        """Returns the number of labels in its areas."""
        found = await self.ask(ListLabels(dataset=dataset_id, page=Page(limit=1)))
        return found["count"] if found else 0

    async def centre(self, dataset_id: int | None) -> tuple[float, float] | None:
        """Returns longitude and latitude of the centre of the dataset's first area."""
        if dataset_id is None:
            return None
        areas = await self.ask(ListAois(dataset=dataset_id, page=Page(limit=1)))
        return centre_of(areas["results"][0]["bbox"]) if areas and areas["results"] else None

    async def person(self, user: Row) -> Row:
        return await users.shown(request_context(self.request), user)


def centre_of(box: list[float]) -> tuple[float, float]:
    """A box whose west is greater than its east crosses the antimeridian."""
    west, south, east, north = box
    middle = (west + east + 360 * (west > east)) / 2
    return middle - 360 * (middle > 180), (south + north) / 2


def accuracy_of(training: Row | None) -> float | None:
    """Returns per cent, as v1 clients expect it; None when it is unknown or undefined."""
    metrics = (training or {}).get("metrics") or {}
    value = next((metrics[name] for name in ACCURACIES if isinstance(metrics.get(name), int | float)), None)
    return None if value is None else round(100 * value, 2)
