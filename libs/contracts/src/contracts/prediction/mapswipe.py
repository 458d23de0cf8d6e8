"""A crowd checks the result of a prediction in Mapswipe."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Query
from contracts.shared import Json

State = Literal["queued", "pushing", "pushed", "finished", "failed"]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Number = Annotated[int, Field(ge=1, le=1_000_000)]


class MapswipeWishes(Contract):
    """What the project is to be; null takes the server's default."""

    topic: Word
    region: Word
    look_for: Word
    description: Text
    instruction: Text
    project_number: Number
    organization_id: Word | None = None
    tutorial_id: Word | None = None
    group_size: Number = 25
    verification_number: Number | None = None


class MapswipeState(Contract):
    """`details` and `results` are what Mapswipe says now, null when it cannot be asked; `reason` then says why, as it
    does for `failed`."""

    prediction_id: int
    mapswipe_project_id: str | None
    state: State
    reason: str = ""
    project_status: str | None = None
    web_url: str | None = None
    details: Json | None = None
    results: Json | None = None
    requested_at: datetime
    updated_at: datetime


class PushToMapswipe(Command, wire="prediction.v1.push_to_mapswipe"):
    """`wishes` are `MapswipeWishes`, judged after everything else."""

    prediction_id: int
    wishes: Json


class GetMapswipe(Query, wire="prediction.v1.get_mapswipe"):
    """By prediction or by Mapswipe's project id; NotFound for what was never pushed."""

    prediction_id: int | None = None
    project_id: str | None = None


class MapswipeJob(Job, wire="prediction.v1.push_mapswipe"):
    """`attempt` is the fencing token: each push of a prediction has its own."""

    prediction_id: int
    attempt: int


class MapswipeEvent(Event):
    prediction_id: int
    user_id: int

    def aggregate(self) -> str:
        return str(self.prediction_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class MapswipeProjectCreated(MapswipeEvent, wire="prediction.v1.mapswipe_project_created"):
    project_id: str


class MapswipeFailed(MapswipeEvent, wire="prediction.v1.mapswipe_failed"):
    reason: str
