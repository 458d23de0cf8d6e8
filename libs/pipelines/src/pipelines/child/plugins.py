"""Imports of model plug-ins."""

import importlib
import logging
import os
import sys
from pathlib import Path
from types import ModuleType

log = logging.getLogger(__name__)


def root() -> str:
    return str(Path(os.environ.get("FAIRWAY_MODELS_PATH", ".")).resolve())


def load(module: str) -> ModuleType:
    if root() not in sys.path:
        sys.path.insert(0, root())
    return importlib.import_module(module)


def preload() -> None:
    """Imports the plug-ins named in FAIRWAY_PRELOAD with their libraries. A run imports one that failed again."""
    for module in os.environ.get("FAIRWAY_PRELOAD", "").split():
        try:
            load(module)
        except Exception:
            log.exception("plugin.not_preloaded")
