"""The model plug-ins of this deployment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings

from catalog.models.domain import Entrypoint, defines_name
from kit.settings import ServiceSettings, names


class PluginSettings(BaseSettings):
    model_config = ServiceSettings.model_config

    models_path: Path = Field(Path("."), validation_alias=names("FAIRWAY_MODELS_PATH"))
    """Folder that contains `models/`."""


class Plugins:
    def __init__(self, root: Path) -> None:
        self.root = root

    def ships(self, entrypoint: Entrypoint) -> bool:
        source = self.root / "models" / entrypoint.model / "pipeline.py"
        return source.is_file() and defines_name(source.read_text(), entrypoint.function)
