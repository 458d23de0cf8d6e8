from catalog.packages.processors.settings import ProcessorSettings
from catalog.packages.production.settings import ProductionSettings
from catalog.packages.storage.settings import PackageStorageSettings
from catalog.packages.submissions.settings import SubmissionSettings


class PackageSettings(PackageStorageSettings, ProcessorSettings, SubmissionSettings, ProductionSettings):
    """Settings of packages; most of their names are those of the system that they replace."""
