"""Contributors of Mapswipe check the result of a prediction."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from contracts.base import Command, Contract, Event, Job, Query
from contracts.shared import Json

State = Literal["queued", "pushing", "pushed", "finished", "failed"]
Text = Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Name = Annotated[Word, BeforeValidator(lambda value: str(value) if type(value) is int else value)]
"""Ids of Mapswipe, which some clients send as numbers."""
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class MapswipeWishes(Contract):
    """Requested properties of the project; null takes the server's default. `tms_url`, a tile template, is shown
    instead of the imagery of the prediction, and the picture at `cover_image` instead of one of its tiles."""

    topic: Word
    region: Word
    look_for: Word
    description: Text
    instruction: Text
    project_number: Number
    organization_id: Name | None = None
    tutorial_id: Name | None = None
    group_size: Number = 25
    verification_number: Number | None = None
    tms_url: Place | None = None
    cover_image: Place | None = None


class MapswipeState(Contract):
    """`details` and `results` are Mapswipe's current answer, null when it cannot be reached; `reason` then says why, as
    it does for `failed`."""

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
    """`wishes` are `MapswipeWishes`; they are validated after everything else."""

    prediction_id: int
    wishes: Json


class GetMapswipe(Query, wire="prediction.v1.get_mapswipe"):
    """By prediction or by Mapswipe's project id; NotFound for a prediction that was never pushed. Without `details`
    Mapswipe is not called."""

    prediction_id: int | None = None
    project_id: str | None = None
    details: bool = True


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
