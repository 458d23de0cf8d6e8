from kit.errors import Misconfigured
from pipelines.settings import log_store, revealed
from pipelines.zenml import ZenMLPipelines
from prediction.settings import Settings
from runs.pipeline_server import PipelineServer

RETRY_SECONDS = 4.0


def pipeline_server(settings: Settings) -> PipelineServer:
    """Asked for the first time, it needs FAIR_ZENML_STORE_URL and FAIR_ZENML_STORE_API_KEY."""
    url, key, logs = settings.zenml_url, revealed(settings.zenml_key), log_store(settings)

    def connect() -> ZenMLPipelines:
        if not (url and key):
            raise Misconfigured("pipelines_not_configured", "FAIR_ZENML_STORE_URL is not set.")
        return ZenMLPipelines(url, key, RETRY_SECONDS, log_store=logs)

    return PipelineServer(connect)
