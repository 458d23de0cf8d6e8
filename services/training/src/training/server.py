"""The pipeline server, as a part of the service's life."""

from pipelines.port import Pipelines
from pipelines.settings import revealed
from pipelines.zenml import ZenMLPipelines
from training.settings import Settings

PATIENCE = 1.2
"""Seconds: somebody waits for the answer, and the reconciler comes again."""


class PipelineServer:
    def __init__(self, settings: Settings) -> None:
        client = ZenMLPipelines(settings.zenml_url or "", revealed(settings.zenml_key), patience=PATIENCE)
        self.pipelines: Pipelines = client
        self.stop = client.aclose
