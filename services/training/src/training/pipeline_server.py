from runs.pipeline_server import PipelineServer, connect
from training.settings import Settings

RETRY_SECONDS = 1.2
"""Somebody waits for the answer, and the reconciler comes again."""


def pipeline_server(settings: Settings) -> PipelineServer:
    return PipelineServer(lambda: connect(settings, RETRY_SECONDS))
