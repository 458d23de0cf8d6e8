"""Feedback of mappers on predicted features."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.shared import CompactUser, Cursor, Json, Page

Action = Literal["accept", "reject"]
Kind = Literal["TP", "TN", "FP", "FN"]
"""Feedback of API v1: true or false, positive or negative."""


class FeedbackProperties(Contract):
    """The last four are given where the client of API v1 gave them."""

    id: int
    stac_id: str
    action: Action
    comments: str
    config: Json
    prediction: int | None = None
    user: CompactUser
    created_at: datetime
    training: int | None = None
    feedback_type: Kind | None = None
    zoom_level: int | None = None
    source_imagery: str | None = None


class FeedbackFeature(Contract):
    """GeoJSON Feature of any geometry in EPSG:4326. `id` is that of its properties."""

    type: str = "Feature"
    id: int | None = None
    geometry: Json
    properties: FeedbackProperties


class GiveFeedback(Command, wire="prediction.v1.give_feedback"):
    """`stac_id` names the model or item the feedback is about; without it, the model of `prediction`. Without either it
    is empty."""

    expires = 30.0
    geometry: Json
    stac_id: str = ""
    action: Action = "accept"
    comments: str = ""
    config: Json = {}
    prediction: int | None = None
    feedback_type: Kind | None = None
    zoom_level: int | None = None
    source_imagery: str | None = None


class ChangeFeedback(Command, wire="prediction.v1.change_feedback"):
    """Null fields stay as they are."""

    expires = 30.0
    feedback_id: int
    geometry: Json | None = None
    stac_id: str | None = None
    action: Action | None = None
    comments: str | None = None
    config: Json | None = None
    feedback_type: Kind | None = None
    zoom_level: int | None = None
    source_imagery: str | None = None


class RemoveFeedback(Command, wire="prediction.v1.remove_feedback"):
    expires = 30.0
    feedback_id: int


class GetFeedback(Query, wire="prediction.v1.get_feedback"):
    feedback_id: int


class ListFeedback(Query, wire="prediction.v1.list_feedback"):
    page: Page = Page()
    stac_id: str | None = None
    action: Action | None = None
    user: int | None = None
    prediction: int | None = None


class ListFeedbackSummaries(Query, wire="prediction.v1.list_feedback_facts"):
    """For services only. Returns a `SnapshotPage` of `{id, action}`."""

    after: Cursor = 0
    limit: int = Field(5000, ge=1, le=5000)


class CountFeedback(Query, wire="prediction.v1.count_feedback"):
    """Returns `{accept, reject}`: how often this user gave each. For that user, administrators and services."""

    user_id: int


class CountJudgements(Query, wire="prediction.v1.count_judgements"):
    """Returns `{accept, reject}`: how often each was given on this model, item or training by all users."""

    stac_id: str


class FeedbackEvent(Event):
    """A counter adds one for `action` and subtracts one for `previous`, where they are given."""

    feedback_id: int
    user_id: int
    stac_id: str
    prediction: int | None = None
    action: Action | None = None
    previous: Action | None = None

    def aggregate(self) -> str:
        return str(self.feedback_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class FeedbackGiven(FeedbackEvent, wire="prediction.v1.feedback_given"):
    pass


class FeedbackChanged(FeedbackEvent, wire="prediction.v1.feedback_changed"):
    """Geometry, comments or `action` changed; an unchanged action is given as both."""


class FeedbackRemoved(FeedbackEvent, wire="prediction.v1.feedback_removed"):
    pass
