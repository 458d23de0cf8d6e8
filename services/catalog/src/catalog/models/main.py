"""How models hang on the service."""

from catalog.models.handlers import router
from catalog.models.plugins import Plugins, PluginSettings
from kit.app import Service

__all__ = ["attach", "router"]


def attach(service: Service, settings: PluginSettings) -> None:
    service.provides.append(Plugins(settings.models_path))
