"""Functions of all builders of items. Loads pystac: for jobs and effects, not for the serving process."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pystac

from catalog.stac.item_inputs import StoredFile
from catalog.stac.vocabulary import EXTENSIONS, SHA2_256


def item(collection: str, item_id: str, geometry: Any, bbox: Any, properties: Mapping[str, Any]) -> pystac.Item:
    """Returns an item; `created` and `datetime` are now by default."""
    now = datetime.now(UTC)
    stamped = {"created": pystac.utils.datetime_to_str(now), **properties}
    return pystac.Item(
        item_id, geometry, list(bbox), now, stamped, stac_extensions=list(EXTENSIONS[collection]), collection=collection
    )


def asset(file: StoredFile, media_type: str, roles: list[str], **extra: Any) -> pystac.Asset:
    """Returns an asset with `file:size` and `file:checksum` when they are known."""
    if file.size is not None:
        extra["file:size"] = file.size
    if file.sha256 is not None:
        extra["file:checksum"] = SHA2_256 + file.sha256
    return pystac.Asset(file.href, media_type=media_type, roles=roles, extra_fields=extra)


def finalize_item(built: pystac.Item) -> dict[str, Any]:
    """Returns the item as it is sent to the API."""
    return built.to_dict(include_self_link=False, transform_hrefs=False)


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
