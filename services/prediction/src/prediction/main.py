import os

from imagery import RawData
from kit.app import Service
from kit.ids import Ids
from kit.outbound import Outbound
from kit.storage import Storage
from pipelines.settings import revealed, run_environment
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
    service.provides.append(Live(WarmChildren(environment(settings)), settings.outbound_allow))
    service.provides.append(Projects(Mapswipe(settings, settings.outbound_allow), settings, QUESTION_LIMIT))
    service.provides += [Ids(service.db), Models(service.db), Checks(outbound, settings.max_tiles)]
    return service


def build_worker(settings: Settings) -> Service:
    service = Service("prediction", settings, routers=ROUTERS)
    storage, outbound, server = _adapters(settings)
    zooms = (settings.min_zoom, settings.max_zoom)
    osm = RawData(settings.osm_url, outbound)
    tools = Tools(
        storage, outbound, server, environment(settings), settings.work_dir, settings.deadline, zooms, osm, settings
    )
    service.provides += [tools, Crowd(storage, outbound, Mapswipe(settings, settings.outbound_allow))]
    return service


def _adapters(settings: Settings) -> tuple[Storage, Outbound, PipelineServer]:
    server = PipelineServer(settings.zenml_url, revealed(settings.zenml_key))
    return Storage(settings), Outbound(settings.outbound_allow), server


def environment(settings: Settings) -> dict[str, str]:
    """Of runs and of live predictions; the rest is inherited from the service."""
    cache = os.environ.get("FAIR_CACHE_DIR") or str(settings.work_dir / "cache")
    return {**run_environment(settings), "FAIR_CACHE_DIR": cache}
