from dataclasses import dataclass

from catalog.stac.api import StacApi
from imagery import RawData
from kit.outbound import Outbound
from kit.storage import Storage


@dataclass(frozen=True)
class BuildTools:
    """What a build works with. `patience`: seconds to wait in place for a neighbour that stumbles."""

    outbound: Outbound
    storage: Storage
    stac: StacApi
    osm: RawData
    max_tiles: int
    patience: float = 60.0
