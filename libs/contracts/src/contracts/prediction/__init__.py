"""Prediction runs and their results; `feedback` and `mapswipe` are beside them."""

from datetime import datetime

from pydantic import Field

from contracts.base import Command, CommandLookup, Contract, Event, Job, Live, Query
from contracts.prediction import feedback as feedback
from contracts.prediction import mapswipe as mapswipe
from contracts.shared import CompactUser, Json, Outcome, Page, RunStatus, Visibility, Waiting

MOST_CENTROIDS = 20_000


class GetCommand(CommandLookup, wire="prediction.v1.get_command"):
    pass


class PredictionOutcome(Contract):
    """`tiles`: imagery tiles of the area that the model processed. `features`: what it found, and what the results
    contain."""

    tiles: Outcome
    features: Outcome


class Prediction(Contract):
    id: int
    zenml_run_id: str | None
    local_model_stac_id: str
    image_uri: str
    geometry: Json
    zoom: int
    params: Json
    remove_osm: bool
    visibility: Visibility
    description: str
    status: RunStatus
    results_ready: bool
    assets: dict[str, str] | None
    error: str = ""
    waiting: Waiting | None = None
    """For a run that waits because a server of the platform is away."""
    outcome: PredictionOutcome | None = None
    """For a completed run."""
    mapswipe_project_id: str | None = None
    category: str | None
    user: CompactUser
    submitted_at: datetime
    last_polled_at: datetime | None


class Result(Contract):
    """Lasting addresses; those of a private prediction contain a token that ends when its visibility changes. Without
    features there is no PMTiles file."""

    geojson: str
    fgb: str
    pmtiles: str | None = None


class CancelledPrediction(Contract):
    """`status` is `stopping` until the worker has ended it."""

    run_id: str | None
    status: RunStatus
    graceful: bool


class SubmitPrediction(Command, wire="prediction.v1.submit_prediction"):
    """`geometry` is a GeoJSON Polygon or MultiPolygon, EPSG:4326."""

    model_stac_id: str
    image_uri: str
    geometry: Json
    zoom: int
    params: Json = {}
    remove_osm: bool = False
    description: str = ""
    one_polygon: bool = False
    """Joins several polygons into one: their union, or the box around them where they do not touch."""


class RetryPrediction(Command, wire="prediction.v1.retry_prediction"):
    prediction_id: int


class CancelRun(Command, wire="prediction.v1.cancel_run"):
    """By pipeline run id, or by prediction id. Result: `CancelledPrediction`."""

    run_id: str | None = None
    prediction_id: int | None = None
    graceful: bool = False


class ChangePrediction(Command, wire="prediction.v1.change_prediction"):
    """Null fields stay as they are."""

    expires = 30.0
    prediction_id: int
    description: str | None = None
    mapswipe_project_id: str | None = None


class DeletePrediction(Command, wire="prediction.v1.delete_prediction"):
    """For a prediction that has ended; a job deletes its files."""

    expires = 30.0
    prediction_id: int


class SetPredictionVisibility(Command, wire="prediction.v1.set_visibility"):
    expires = 30.0
    prediction_id: int
    visibility: Visibility


class GetPrediction(Query, wire="prediction.v1.get_prediction"):
    """`public` limits it to public rows, for every caller."""

    prediction_id: int
    public: bool = False


class ListPredictions(Query, wire="prediction.v1.list_predictions"):
    page: Page = Page()
    prediction_id: int | None = None
    local_model_stac_id: str | None = None
    user: int | None = None
    status: RunStatus | None = None
    statuses: list[RunStatus] = []
    """Any of these; empty means all."""
    visibility: Visibility | None = None
    public: bool = False


class ListCentroids(Query, wire="prediction.v1.list_centroids"):
    """Returns all rows of the list as a FeatureCollection of points; at most `MOST_CENTROIDS`, newest first."""

    search: str = ""
    local_model_stac_id: str | None = None
    user: int | None = None
    status: RunStatus | None = None
    visibility: Visibility | None = None
    public: bool = False


class GetResult(Query, wire="prediction.v1.get_result"):
    """Returns `Result`; Conflict until the results are ready."""

    prediction_id: int
    public: bool = False


class GetResultFile(Query, wire="prediction.v1.get_result_file"):
    """Returns a `catalog.files.Link` to a file of the results, for callers who may see the prediction or have the token
    of its results. NotFound for all others, and for other names."""

    prediction_id: int
    name: str = Field(max_length=100)
    token: str = Field("", max_length=100)


class HeadResultFile(Query, wire="prediction.v1.head_result_file"):
    """Returns `catalog.files.Stored`; NotFound also when there is no such object."""

    prediction_id: int
    name: str = Field(max_length=100)
    token: str = Field("", max_length=100)


class GetRunState(Query, wire="prediction.v1.get_run_state"):
    run_id: str


class GetRunLogs(Query, wire="prediction.v1.get_run_logs"):
    run_id: str
    tail: int = 1000
    step: str | None = None
    since: datetime | None = None


class PredictLive(Query, wire="prediction.v1.predict_live"):
    """Predicts a small area at once: returns a FeatureCollection and stores nothing."""

    model_stac_id: str
    image_uri: str
    bbox: tuple[float, float, float, float]
    zoom: int
    params: Json = {}


class PredictionJob(Job, wire="prediction.v1.drive_run"):
    prediction_id: int
    attempt: int
    user_id: int


class CleanUpJob(Job, wire="prediction.v1.clean_up"):
    """Deletes the files of a deleted prediction. With `attempt`, deletes only what that attempt leaves behind after its
    end: finished blocks of its work, and results that were not published."""

    prediction_id: int
    attempt: int | None = None


class RunProgress(Live, wire="prediction.v1.run_progress"):
    prediction_id: int
    user_id: int
    stage: str
    done: int
    total: int

    def key(self) -> str:
        return str(self.prediction_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class PredictionEvent(Event):
    prediction_id: int
    user_id: int
    model_stac_id: str

    def aggregate(self) -> str:
        return str(self.prediction_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class PredictionSubmitted(PredictionEvent, wire="prediction.v1.prediction_submitted"):
    pass


class PredictionStatusChanged(PredictionEvent, wire="prediction.v1.prediction_status_changed"):
    status: RunStatus
    previous: RunStatus
    run_id: str | None = None
    attempt: int = 1


class PredictionReady(PredictionEvent, wire="prediction.v1.prediction_ready"):
    feature_count: int
    tile_count: int
    outcome: PredictionOutcome | None = None


class PredictionFailed(PredictionEvent, wire="prediction.v1.prediction_failed"):
    reason: str


class PredictionStopped(PredictionEvent, wire="prediction.v1.prediction_stopped"):
    pass


class PredictionDeleted(PredictionEvent, wire="prediction.v1.prediction_deleted"):
    pass
