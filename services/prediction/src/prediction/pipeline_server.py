from kit.errors import Misconfigured
from pipelines.zenml import ZenMLPipelines
from prediction.settings import Settings
from runs.pipeline_server import PipelineServer, connect

RETRY_SECONDS = 4.0


def pipeline_server(settings: Settings) -> PipelineServer:
    """Asked for the first time, it needs FAIR_ZENML_STORE_URL and FAIR_ZENML_STORE_API_KEY."""

    def checked() -> ZenMLPipelines:
        if not (settings.zenml_url and settings.zenml_key):
            raise Misconfigured("pipelines_not_configured", "FAIR_ZENML_STORE_URL is not set.")
        return connect(settings, RETRY_SECONDS)

    return PipelineServer(checked)
