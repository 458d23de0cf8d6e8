from kit.app import Service
from kit.ids import Ids
from kit.storage import Storage
from training.runs import handlers as runs
from training.server import PipelineServer
from training.settings import Settings
from training.submit import handlers as submit
from training.submit.usecases import Limits
from training.watch import Reconciler
from training.work import handlers as work
from training.work.bench import Bench


def build(settings: Settings) -> Service:
    server = PipelineServer(settings)
    limits = Limits({"epochs": settings.epochs_limit, "batch_size": settings.batch_size_limit})
    service = Service(
        "training", settings, routers=[submit.router, runs.router, work.router],
        provides=[server, Storage(settings), limits], loops=[Reconciler(settings, server).run],
    )  # fmt: skip
    service.provides.append(Ids(service.db))
    return service


def build_worker(settings: Settings) -> Service:
    """Drives runs. It alone keeps a child process ready."""
    service = build(settings)
    server = next(part for part in service.provides if isinstance(part, PipelineServer))
    service.provides.append(Bench(settings, server, Storage(settings)))
    return service
