"""Configures ZenML's client for this process: its own configuration folder, the service account, the stack."""

import importlib
import importlib.metadata
import logging
import os
import sys
from pathlib import Path
from typing import Any, Final

from pipelines.port import PipelinesDown
from pipelines.zenml import ZenMLPipelines
from pipelines.zenml_http import check_health

log = logging.getLogger(__name__)

ZENML_SETTINGS: Final = {
    "ZENML_ANALYTICS_OPT_IN": "false",
    "ZENML_ENABLE_RICH_TRACEBACK": "false",
    "ZENML_LOGGING_COLORS_DISABLED": "true",
    "AUTO_OPEN_DASHBOARD": "false",
}
VERBOSE_LOGGERS: Final = ("botocore.credentials", "aiobotocore.credentials")
"""Loggers that would write a line for each file into the log of a run."""
RETRY_SECONDS: Final = 8.0
MATERIALIZERS: Final = {"numpy": "numpy", "pandas": "pandas", "PIL": "pillow", "sklearn": "sklearn", "torch": "pytorch"}
"""Library → the ZenML integration that can store its objects as artifacts."""


def configure(folder: Path) -> None:
    """Sets the environment; call it before the first import of zenml, which reads it."""
    os.environ.update(
        ZENML_SETTINGS,
        ZENML_CONFIG_PATH=str(folder / "zenml"),
        ZENML_STORE_URL=os.environ["FAIR_ZENML_STORE_URL"],
        ZENML_STORE_API_KEY=os.environ["FAIR_ZENML_STORE_API_KEY"],
    )
    for name in VERBOSE_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)


async def sign_in(retry_seconds: float = RETRY_SECONDS) -> tuple[ZenMLPipelines, bool]:
    """Creates ZenML's client and stack; the first call takes 3 s for their imports (s3fs).

    Returns the REST adapter, with the token that ZenML received, and whether the orchestrator runs steps in this
    process. Raises PipelinesDown after `retry_seconds`, while ZenML itself would retry for 30 s.
    """
    url = os.environ["ZENML_STORE_URL"]
    await check_health(url, retry_seconds)
    try:
        token, local = _connect()
    except Exception as error:
        log.exception("zenml.not_connected")
        raise PipelinesDown("The pipeline server rejects the service account.") from error
    return ZenMLPipelines(url, os.environ["ZENML_STORE_API_KEY"], RETRY_SECONDS, token), local


def _connect() -> tuple[str, bool]:
    from zenml.client import Client
    from zenml.environment import Environment
    from zenml.integrations.registry import IntegrationRegistry
    from zenml.zen_stores.rest_zen_store import RestZenStore

    IntegrationRegistry.activate_integrations = _load_materializers
    Environment.get_python_packages = staticmethod(_installed)
    client = Client()
    client.activate_stack(os.environ["FAIR_ZENML_STACK"])
    assert isinstance(client.zen_store, RestZenStore)
    return client.zen_store.get_or_generate_api_token(), client.active_stack.orchestrator.config.is_local


def forget_connections() -> None:
    """Closes those to the server: two processes that share one read each other's answers."""
    from zenml.config.global_config import GlobalConfiguration
    from zenml.zen_stores.rest_zen_store import RestZenStore

    config = GlobalConfiguration.get_instance()
    if config and isinstance(config._zen_store, RestZenStore):
        config._zen_store.reinitialize_session()


def _installed() -> list[str]:
    """The packages that ZenML records with a run and each of its steps.

    ZenML's own method, which this replaces, starts pip each time: 0.6 s for a run of one step, and images have no pip.
    """
    return sorted({f"{one.name}=={one.version}" for one in importlib.metadata.distributions()})


def _load_materializers(self: Any) -> None:
    """Loads only the materializers of libraries that the plug-in has imported.

    ZenML's own method, which this replaces, imports torch, scipy and scikit-learn before each run where they are
    installed: 4 s and 300 MB.
    """
    for library, integration in MATERIALIZERS.items():
        if library in sys.modules:
            importlib.import_module(f"zenml.integrations.{integration}.materializers")
