import os
import tempfile
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names

GIB = 1 << 30
PROCESSING_ROOT = "AUTOPKG_LOCALFS_PROCESSING_BACKEND_ROOT"


class ProductionSettings(BaseSettings):
    """How workers make packages."""

    model_config = ServiceSettings.model_config

    package_processing_root: Path = Field(
        Path(tempfile.gettempdir()) / "fairway-packages",
        validation_alias=names(PROCESSING_ROOT),
    )
    """Folder of a worker for source files, which stay, and for files in work."""
    package_lock_timeout: float = Field(600.0, ge=3, validation_alias=names("AUTOPKG_TASK_LOCK_TIMEOUT"))
    """Seconds after which the lock of a dead owner is free; how long writers of a package are waited for."""
    package_source_catalogue: Path | None = Field(None, validation_alias=names("AUTOPKG_SOURCE_CATALOGUE"))
    """JSON file with lists of sources in the place of the built-in ones."""
    package_source_offline: bool = Field(False, validation_alias=names("AUTOPKG_SOURCE_OFFLINE"))
    """Whether no source is fetched."""
    package_allow_sources: str = Field("", validation_alias=names("OUTBOUND_ALLOW_SOURCES"))
    """As OUTBOUND_ALLOW_SERVICES, for sources of packages, whose addresses stand in processors and catalogues."""
    package_source_bytes: int = Field(100 * GIB, ge=1, validation_alias=names("AUTOPKG_SOURCE_LIMIT"))
    """Maximum bytes of one source file."""
    package_memory: int = Field(4 * GIB, ge=GIB, validation_alias=names("AUTOPKG_PROCESS_MEMORY"))
    """Bytes of address space of the process that cuts."""
    package_part_limit: float = Field(3600.0, gt=0, validation_alias=names("AUTOPKG_PART_TIMEOUT"))
    """Maximum seconds of one output file."""
    package_fetch_limit: float = Field(21_600.0, gt=0, validation_alias=names("AUTOPKG_FETCH_TIMEOUT"))
    """Maximum seconds for fetching and checking the sources of a processor."""
    package_cache_retention: float = Field(604_800.0, gt=0, validation_alias=names("AUTOPKG_RESULT_CACHE_SECS"))
    """Seconds for which a result is kept for equal requests after its last use."""
    package_dataset_kept: float | None = Field(None, gt=0, validation_alias=names("AUTOPKG_DATASET_RETENTION_SECS"))
    """Seconds after which a stored dataset version is deleted; unset keeps it."""
    package_rebuild: bool = Field(False, validation_alias=names("AUTOPKG_REBUILD_OUTDATED"))
    """Whether dataset versions of stored boundaries are made again when the release of their processor or its list of
    sources changed."""
    osm_host: str = Field("", validation_alias=names("AUTOPKG_OSM_PGHOST"))
    """PostGIS server of the road and rail networks; unset uses copies of its tables in the cache of sources."""
    osm_port: int = Field(5432, validation_alias=names("AUTOPKG_OSM_PORT"))
    """Its port."""
    osm_database: str = Field("", validation_alias=names("AUTOPKG_OSM_PGDATABASE"))
    """Database with the table `features`."""
    osm_user: str = Field("", validation_alias=names("AUTOPKG_OSM_PGUSER"))
    """Role that may read it."""
    osm_password: SecretStr = Field(SecretStr(""), validation_alias=names("AUTOPKG_OSM_PGPASSWORD"))
    """Password of that role."""

    @model_validator(mode="before")
    @classmethod
    def _a_folder(cls, given: Any) -> Any:
        """Elsewhere an empty setting is an unset one; here somebody has forgotten the volume of the workers."""
        if os.environ.get(PROCESSING_ROOT) == "":
            raise ValueError(f"{PROCESSING_ROOT} is empty: name a folder for sources and files in work, or unset it")
        return given

    @property
    def osm_address(self) -> str:
        """A connection string, or nothing."""
        from psycopg.conninfo import make_conninfo

        if not self.osm_host:
            return ""
        return make_conninfo(
            host=self.osm_host, port=self.osm_port, dbname=self.osm_database, user=self.osm_user,
            password=self.osm_password.get_secret_value(),
        )  # fmt: skip
