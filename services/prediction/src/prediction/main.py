import os

from imagery import RawData
from kit.app import Service
from kit.ids import Ids
from kit.outbound import Outbound
from kit.storage import Storage
from prediction.feedback import handlers as feedback
from prediction.known import handlers as known
from prediction.known.usecases import Models
from prediction.live import handlers as live
from prediction.live.pool import WarmChildren
from prediction.live.usecases import Live
from prediction.mapswipe import handlers as mapswipe
from prediction.mapswipe import jobs as mapswipe_jobs
from prediction.mapswipe.client import Mapswipe
from prediction.mapswipe.push import Crowd
from prediction.mapswipe.queries import Projects
from prediction.pipeline_server import PipelineServer
from prediction.runs import handlers as runs
from prediction.runs import jobs
from prediction.runs.checks import Checks
from prediction.runs.ports import Tools
from prediction.runs.reconcile import Reconciler
from prediction.settings import Settings

ROUTERS = [
    known.router, runs.router, live.router, feedback.router, mapswipe.router, jobs.router, mapswipe_jobs.router,
]  # fmt: skip
QUESTION_LIMIT = 8.0
"""Seconds that somebody who asks how a Mapswipe project is doing waits for Mapswipe."""


def build(settings: Settings) -> Service:
    service = Service("prediction", settings, routers=ROUTERS)
    storage, outbound, server = _adapters(settings)
    service.loops.append(lambda it: Reconciler(it, server, settings.sync_interval).run())
    service.provides += [storage, outbound, server]
    service.provides.append(Live(WarmChildren(run_environment(settings)), settings.outbound_allow))
    service.provides.append(Projects(Mapswipe(settings, settings.outbound_allow, QUESTION_LIMIT), settings))
    service.provides += [Ids(service.db), Models(service.db), Checks(outbound, settings.max_tiles)]
    return service


def build_worker(settings: Settings) -> Service:
    service = Service("prediction", settings, routers=ROUTERS)
    storage, outbound, server = _adapters(settings)
    zooms = (settings.min_zoom, settings.max_zoom)
    environment = run_environment(settings)
    osm = RawData(settings.osm_url, outbound)
    tools = Tools(storage, outbound, server, environment, settings.work_dir, settings.deadline, zooms, osm, settings)
    service.provides += [tools, Crowd(storage, outbound, Mapswipe(settings, settings.outbound_allow))]
    return service


def _adapters(settings: Settings) -> tuple[Storage, Outbound, PipelineServer]:
    key = settings.zenml_key.get_secret_value() if settings.zenml_key else None
    return Storage(settings), Outbound(settings.outbound_allow), PipelineServer(settings.zenml_url, key)


def run_environment(settings: Settings) -> dict[str, str]:
    """What a run reads from its environment; the rest is inherited from the worker."""
    secret = settings.secret_key.get_secret_value() if settings.secret_key else None
    given = {
        "FAIR_ZENML_STORE_URL": settings.zenml_url,
        "FAIR_ZENML_STORE_API_KEY": settings.zenml_key.get_secret_value() if settings.zenml_key else None,
        "FAIR_ZENML_STACK": settings.zenml_stack,
        "FAIRWAY_MODELS_PATH": str(settings.models_path.resolve()),
        "FAIR_CACHE_DIR": os.environ.get("FAIR_CACHE_DIR") or str(settings.work_dir / "cache"),
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_ACCESS_KEY_ID": settings.access_key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": settings.region,
    }
    return {name: value for name, value in given.items() if value}
