from dataclasses import dataclass

from osm.raw_data import RawData


@dataclass(frozen=True)
class LabelContext:
    """What label jobs work with. `retry_seconds`: how long one delivery retries a transient failure."""

    osm: RawData
    retry_seconds: float = 60.0
