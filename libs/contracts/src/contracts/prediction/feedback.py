"""What mappers say of predicted features."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.shared import After, CompactUser, Json, Page

Action = Literal["accept", "reject"]
Kind = Literal["TP", "TN", "FP", "FN"]
"""How the first generation judged: true or false, positive or negative."""


class FeedbackProperties(Contract):
    """The last four are there where the first generation gave them."""

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
    """GeoJSON Feature of any geometry, EPSG:4326."""

    type: str = "Feature"
    geometry: Json
    properties: FeedbackProperties


class GiveFeedback(Command, wire="prediction.v1.give_feedback"):
    """`stac_id` names the model or item judged; without it, the model of `prediction`."""

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


class ListFeedbackFacts(Query, wire="prediction.v1.list_feedback_facts"):
    """For services only: a `Portion` of `{id, action}`."""

    after: After = 0
    limit: int = Field(5000, ge=1, le=5000)


class CountFeedback(Query, wire="prediction.v1.count_feedback"):
    """`{accept, reject}`: how often this person gave either. For that person, administrators and services."""

    user_id: int


class CountJudgements(Query, wire="prediction.v1.count_judgements"):
    """`{accept, reject}`: how often either was said of this model, item or training, by whomever."""

    stac_id: str


class FeedbackEvent(Event):
    """Who counts adds one for `action` and takes one away for `previous`, where they are given."""

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
    """Geometry, words or `action`; an unchanged action is told as both."""


class FeedbackRemoved(FeedbackEvent, wire="prediction.v1.feedback_removed"):
    pass
