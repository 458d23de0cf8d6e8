from pipelines.settings import log_store, revealed
from pipelines.zenml import ZenMLPipelines
from runs.pipeline_server import PipelineServer
from training.settings import Settings

RETRY_SECONDS = 1.2
"""Somebody waits for the answer, and the reconciler comes again."""


def pipeline_server(settings: Settings) -> PipelineServer:
    url, key, logs = settings.zenml_url or "", revealed(settings.zenml_key), log_store(settings)
    return PipelineServer(lambda: ZenMLPipelines(url, key, RETRY_SECONDS, log_store=logs))
