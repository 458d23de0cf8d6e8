from kit.app import Service
from kit.db.ids import IdAllocator
from kit.storage.object_storage import Storage
from runs.pipeline_server import PipelineServer
from training.pipeline_server import pipeline_server
from training.projections import handlers as projections
from training.runs import handlers as runs
from training.runs.jobs import handlers as jobs
from training.runs.jobs.context import WorkerContext
from training.runs.jobs.reconciler import Reconciler
from training.runs.quota import Limits
from training.settings import Settings
from training.submissions import handlers as submissions


def build(settings: Settings) -> Service:
    server = pipeline_server(settings)
    caps = {"epochs": settings.epochs_limit, "batch_size": settings.batch_size_limit}
    limits = Limits(caps, settings.unfinished_limit, settings.month_limits)
    service = Service(
        "training", settings, routers=[projections.router, submissions.router, runs.router, jobs.router],
        provides=[server, Storage(settings), limits], loops=[Reconciler(settings, server).run],
    )  # fmt: skip
    service.provides.append(IdAllocator(service.db))
    return service


def build_worker(settings: Settings) -> Service:
    """Drives runs. Only a worker keeps a child process ready."""
    service = build(settings)
    server = next(part for part in service.provides if isinstance(part, PipelineServer))
    service.provides.append(WorkerContext(settings, server, Storage(settings)))
    return service
