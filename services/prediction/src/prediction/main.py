import os

from kit.app import Service
from kit.db.ids import IdAllocator
from kit.http.outbound import Outbound
from kit.storage.object_storage import Storage
from osm.raw_data import RawData
from pipelines.settings import run_environment
from prediction.feedback import handlers as feedback
from prediction.feedback.quota import FeedbackQuota
from prediction.inference import handlers as inference
from prediction.inference.process_pool import WarmProcessPool
from prediction.inference.usecases import Inference
from prediction.mapswipe import handlers as mapswipe
from prediction.mapswipe.client import Mapswipe
from prediction.mapswipe.jobs import handlers as mapswipe_jobs
from prediction.mapswipe.jobs.push import MapswipeContext
from prediction.mapswipe.jobs.stale_pushes import stale_push_reaper
from prediction.mapswipe.queries import Projects
from prediction.pipeline_server import pipeline_server
from prediction.projections import handlers as projections
from prediction.projections.usecases import VisibleModels
from prediction.results.addresses import Addresses
from prediction.runs import handlers as runs
from prediction.runs.jobs import handlers as run_jobs
from prediction.runs.jobs.context import WorkerContext
from prediction.runs.jobs.reconciler import Reconciler
from prediction.runs.quota import RunQuota
from prediction.runs.validation import SubmissionValidator
from prediction.settings import Settings
from runs.pipeline_server import PipelineServer

ROUTERS = [
    projections.router, runs.router, inference.router, feedback.router, mapswipe.router, run_jobs.router,
    mapswipe_jobs.router,
]  # fmt: skip
QUESTION_LIMIT = 8.0
"""Seconds that somebody who asks how a Mapswipe project is doing waits for Mapswipe."""


def build(settings: Settings) -> Service:
    service = Service("prediction", settings, routers=ROUTERS)
    storage, imagery, server = _adapters(settings)
    service.loops += [Reconciler(server, settings.sync_interval).run, stale_push_reaper().run]
    service.provides += [storage, imagery, server, Addresses(storage, settings.api_base_url)]
    service.provides += _inference(service, settings)
    service.provides.append(Projects(Mapswipe(settings, settings.allow_services), settings, QUESTION_LIMIT))
    service.provides.append(IdAllocator(service.db))
    service.provides.append(SubmissionValidator(imagery, settings.max_tiles))
    service.provides += [
        RunQuota(settings.unfinished_limit, settings.month_limits),
        FeedbackQuota(settings.feedback_limit, settings.feedback_day_limit),
    ]  # fmt: skip
    return service


def build_worker(settings: Settings) -> Service:
    service = Service("prediction", settings, routers=ROUTERS)
    storage, imagery, server = _adapters(settings)
    zooms = (settings.min_zoom, settings.max_zoom)
    services = Outbound(settings.allow_services)
    osm = RawData(settings.osm_url, services)
    context = WorkerContext(
        storage, imagery, server, environment(settings), settings.work_dir, settings.deadline, zooms, osm, settings,
        settings.patience,
    )  # fmt: skip
    mapswipe_context = MapswipeContext(storage, imagery, Mapswipe(settings, settings.allow_services))
    service.provides += [context, services, mapswipe_context, *_inference(service, settings)]
    return service


def _inference(service: Service, settings: Settings) -> tuple[Inference, VisibleModels]:
    """Of live predictions, which workers make."""
    return Inference(WarmProcessPool(environment(settings)), settings.allow_imagery), VisibleModels(service.db)


def _adapters(settings: Settings) -> tuple[Storage, Outbound, PipelineServer]:
    server = pipeline_server(settings)
    return Storage(settings), Outbound(settings.allow_imagery), server


def environment(settings: Settings) -> dict[str, str]:
    """Of runs and of live predictions; the rest is inherited from the service."""
    cache = os.environ.get("FAIR_CACHE_DIR") or str(settings.work_dir / "cache")
    return {**run_environment(settings), "FAIR_CACHE_DIR": cache}
