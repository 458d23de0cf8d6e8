"""The pipeline server, as a part of the service's life."""

from pipelines.port import Pipelines
from pipelines.zenml import ZenMLPipelines
from training.settings import Settings

PATIENCE = 1.2
"""Seconds: somebody waits for the answer, and the reconciler comes again."""


class PipelineServer:
    def __init__(self, settings: Settings) -> None:
        client = ZenMLPipelines(settings.zenml_url, settings.zenml_api_key.get_secret_value(), patience=PATIENCE)
        self.pipelines: Pipelines = client
        self.stop = client.aclose
