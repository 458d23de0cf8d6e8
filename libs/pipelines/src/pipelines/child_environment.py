"""Environment and folder of processes that run the code of models."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

SERVICE_VARIABLES = re.compile(r"DATABASE_URL|NATS_+URL|PASSWORD|SECRET_KEY")
"""Environment variables that the code of a model must not see."""


def child_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Returns `env` and this process's own environment without what is the service's."""
    inherited = {name: value for name, value in os.environ.items() if not SERVICE_VARIABLES.search(name)}
    return {**inherited, **env, "FAIRWAY_PARENT": str(os.getpid())}


def new_folder(workdir: Path) -> Path:
    workdir.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="child-", dir=workdir))
