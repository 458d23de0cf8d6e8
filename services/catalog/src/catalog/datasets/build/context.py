from dataclasses import dataclass

from catalog.stac.ports import StacItems
from kit.http.outbound import Outbound
from kit.storage.object_storage import Storage
from osm.raw_data import RawData


@dataclass(frozen=True)
class BuildContext:
    """What a build works with. `retry_seconds`: how long one delivery retries a transient failure."""

    outbound: Outbound
    storage: Storage
    stac: StacItems
    osm: RawData
    max_tiles: int
    retry_seconds: float = 60.0
