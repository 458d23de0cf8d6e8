"""ZenML's client, set up for this process: an own configuration folder, the service account, the stack."""

import importlib
import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

from pipelines.port import PipelinesDown
from pipelines.rest import answers
from pipelines.zenml import ZenMLPipelines

log = logging.getLogger(__name__)

QUIET: Final = {
    "ZENML_ANALYTICS_OPT_IN": "false",
    "ZENML_ENABLE_RICH_TRACEBACK": "false",
    "ZENML_LOGGING_COLORS_DISABLED": "true",
    "AUTO_OPEN_DASHBOARD": "false",
}
CHATTY: Final = ("botocore.credentials", "aiobotocore.credentials")
"""Loggers that would fill the log of a run, which people read, with a line for each file."""
PATIENCE: Final = 8.0
MATERIALIZERS: Final = {"numpy": "numpy", "pandas": "pandas", "PIL": "pillow", "sklearn": "sklearn", "torch": "pytorch"}
"""Library → ZenML integration that can keep its objects as artifacts."""


def configure(folder: Path) -> None:
    """Must come before the first import of zenml, which reads the environment then."""
    os.environ.update(
        QUIET,
        ZENML_CONFIG_PATH=str(folder / "zenml"),
        ZENML_STORE_URL=os.environ["FAIR_ZENML_STORE_URL"],
        ZENML_STORE_API_KEY=os.environ["FAIR_ZENML_STORE_API_KEY"],
    )
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


async def sign_in(patience: float = PATIENCE) -> tuple[ZenMLPipelines, bool]:
    """Builds ZenML's client and stack with their imports (s3fs), which takes 3 s the first time and nothing later.

    Returns the REST adapter, with the token that ZenML got, and whether the orchestrator runs steps in this process.
    Raises PipelinesDown: quickly, while ZenML by itself would try for 30 s.
    """
    url = os.environ["ZENML_STORE_URL"]
    await answers(url, patience)
    try:
        token, local = _connect()
    except Exception as error:
        log.exception("zenml.not_connected")
        raise PipelinesDown("The pipeline server does not let us in.") from error
    return ZenMLPipelines(url, os.environ["ZENML_STORE_API_KEY"], PATIENCE, token), local


def _connect() -> tuple[str, bool]:
    from zenml.client import Client
    from zenml.integrations.registry import IntegrationRegistry
    from zenml.zen_stores.rest_zen_store import RestZenStore

    IntegrationRegistry.activate_integrations = _load_materializers
    client = Client()
    client.activate_stack(os.environ["FAIR_ZENML_STACK"])
    assert isinstance(client.zen_store, RestZenStore)
    return client.zen_store.get_or_generate_api_token(), client.active_stack.orchestrator.config.is_local


def _load_materializers(self: Any) -> None:
    """Only for what the plug-in has imported itself. ZenML's own method, which this replaces, imports torch, scipy and
    scikit-learn before each run where they are installed: 4 s and 300 MB."""
    for library, integration in MATERIALIZERS.items():
        if library in sys.modules:
            importlib.import_module(f"zenml.integrations.{integration}.materializers")
