from catalog.datasets.settings import DatasetSettings
from catalog.files.context import MirrorSettings
from catalog.labelstore.settings import LabelStoreSettings
from catalog.models.installed_plugins import PluginSettings
from catalog.packages.settings import PackageSettings
from catalog.stac.settings import StacSettings
from kit.settings import AllowImagery, AllowModels, AllowServices, ServiceSettings, StorageSettings


class Settings(
    ServiceSettings, StorageSettings, AllowServices, AllowImagery, AllowModels, StacSettings, DatasetSettings,
    PluginSettings, MirrorSettings, PackageSettings, LabelStoreSettings,
):  # fmt: skip
    """Settings of the catalog, read from the environment."""
