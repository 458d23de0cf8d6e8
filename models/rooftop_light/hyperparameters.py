"""What the STAC item declares is what the code accepts: both read the same file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoml.hyperparameters import with_defaults

ITEM = json.loads((Path(__file__).parent / "stac-item.json").read_text())


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with the item's defaults; ValueError for values outside the declared ranges."""
    return with_defaults(ITEM["properties"]["fair:hyperparameters_spec"], given)
