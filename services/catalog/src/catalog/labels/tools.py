from dataclasses import dataclass

from imagery import RawData


@dataclass(frozen=True)
class LabelTools:
    """What label jobs work with. `patience`: seconds to wait in place for a neighbour that stumbles."""

    osm: RawData
    patience: float = 60.0
