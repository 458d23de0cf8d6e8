"""What the service provides to models and their registrations."""

from catalog.models.handlers import router
from catalog.models.installed_plugins import Plugins
from catalog.models.jobs.context import RegistrationContext
from catalog.models.jobs.stale_registrations import registration_reaper
from kit.app import Service

__all__ = ["register", "router"]


def register(service: Service, plugins: Plugins, context: RegistrationContext, heartbeat_limit: float) -> None:
    """`heartbeat_limit`: seconds without a heartbeat after which a registration is restarted."""
    service.provides += [plugins, context]
    service.loops.append(registration_reaper(heartbeat_limit).run)
