"""What one run of a processor is asked for."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from extracts.outline import Outline
from extracts.vector.formats import Driver

RasterDriver = Literal["GTiff", "COG"]
Outside = Literal["keep", "cut"]


@dataclass(frozen=True)
class Options:
    """`outside`: what lies beyond the outline is kept (cells with their values, features as a whole) or cut off.

    None takes what the reference does: rasters and files of features keep it, networks from databases are cut.
    """

    raster: RasterDriver = "GTiff"
    vector: Driver = "GPKG"
    outside: Outside | None = None

    def for_key(self) -> dict[str, Any]:
        """As the key of equal requests has them."""
        return asdict(self)


@dataclass(frozen=True)
class Request:
    """`boundary`: the package's name, part of every file's name. Can be pickled."""

    boundary: str
    outline: Outline
    options: Options = Options()
