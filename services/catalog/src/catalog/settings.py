from catalog.datasets.settings import DatasetSettings
from catalog.files.tools import MirrorSettings
from catalog.models.plugins import PluginSettings
from catalog.stac.settings import StacSettings
from kit.settings import OutboundSettings, ServiceSettings, StorageSettings


class Settings(
    ServiceSettings, StorageSettings, OutboundSettings, StacSettings, DatasetSettings, PluginSettings, MirrorSettings
):
    """What the catalog reads from its environment."""
