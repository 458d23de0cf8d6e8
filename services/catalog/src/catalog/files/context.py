"""The adapters of the mirror job, and its setting."""

from dataclasses import dataclass
from typing import Any

from pydantic import Field
from pydantic_settings import BaseSettings

from catalog.stac.ports import ExpandedItems, StacItems
from kit.http.outbound import Outbound
from kit.settings import ServiceSettings, names
from kit.storage.object_storage import Storage


class MirrorSettings(BaseSettings):
    model_config = ServiceSettings.model_config

    api_base_url: str | None = Field(None, validation_alias=names("API_BASE_URL"))
    """Public address of the API, `/api/v1` included. Without it items keep the addresses of the object store."""


@dataclass(frozen=True)
class MirrorContext:
    api: StacItems
    storage: Storage
    outbound: Outbound
    item_cache: ExpandedItems
    base: str | None

    def address(self, item: dict[str, Any], asset: str, name: str) -> str:
        """Returns the public URL of a mirrored asset. It ends with the file name, since some programs read the type
        from it."""
        return f"{self.folder(item, asset)}{name}"

    def folder(self, item: dict[str, Any], asset: str) -> str:
        """Returns the beginning of the public URL of an asset; older releases wrote it without a file name."""
        return f"{self.base}/stac-assets/{item['collection']}/{item['id']}/{asset}/"
