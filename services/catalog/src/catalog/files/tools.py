"""What the mirror works with, and the setting that is its own."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings

from catalog.stac.api import StacApi
from catalog.stac.facets import Facets
from kit.outbound import Outbound
from kit.settings import ServiceSettings, names
from kit.storage import Storage


class MirrorSettings(BaseSettings):
    model_config = ServiceSettings.model_config

    api_base_url: str | None = Field(None, validation_alias=names("API_BASE_URL"))
    """Public address of the API, `/api/v1` included. Without it items keep pointing into the store."""


@dataclass(frozen=True)
class MirrorTools:
    api: StacApi
    storage: Storage
    outbound: Outbound
    facets: Facets
    base: str | None

    def address(self, item: dict[str, Any], asset: str) -> str:
        """Where everybody finds that asset, once it is mirrored."""
        return f"{self.base}/stac-assets/{item['collection']}/{item['id']}/{asset}/"
