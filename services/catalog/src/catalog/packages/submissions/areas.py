"""The area of a job: a stored boundary, or one that the user drew or uploaded."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import orjson
import shapely

from catalog.packages.submissions import domain
from contracts.catalog.package_jobs import JobArea
from extracts.errors import OutlineInvalid
from extracts.names import own_area_name
from extracts.outline import Outline, OutlineLimits, check_size, read_outline
from kit.errors import Invalid, Unprocessable
from kit.messaging.tx import ReadTx, Tx
from kit.process.subprocess_errors import SubprocessError
from kit.process.subprocesses import WarmSubprocess

SMALL = 2 << 10
"""Bytes of GeoJSON that are read in this process: to repair an outline that crosses itself takes time by the square of
its vertices, a tenth of a second for so many."""
SHORT = 64 << 10
"""Bytes of a stored outline that is hashed in this process, in milliseconds."""
LARGE = 4 << 20
"""Bytes of GeoJSON after which the child ends: what it took for them it would keep."""
LIMIT = 8.0
"""Seconds for a large one."""
MEMORY = 4 << 30
Boundaries = Callable[[str, ReadTx | Tx], Awaitable[tuple[str, bytes] | None]]
"""Port of the stored boundaries: long name and outline as WKB by name, None for an unknown one."""
WITHOUT_AREA = "A job is for a boundary or for an area of its own, and for one of them only."
TOO_COMPLEX = "The area takes too long to read. Simplify it."


@dataclass(frozen=True)
class Area:
    """`name`: of the package. `outline`: WKB of the MultiPolygon as it came, in EPSG:4326; `sha256`: its hash."""

    name: str
    title: str
    outline: bytes
    sha256: str


class AreaReader:
    """Reads areas of jobs; `stop` ends its child process."""

    def __init__(self, boundaries: Boundaries) -> None:
        self.boundaries = boundaries
        self.child = WarmSubprocess(memory=MEMORY)

    async def stop(self) -> None:
        self.child.stop()

    async def read(self, asked: JobArea, square_metres: float | None, read: ReadTx | Tx) -> Area:
        """Returns the area; `square_metres` limits own ones. Raises Invalid for an unknown boundary or a bad area."""
        own = _content(asked)
        if (asked.boundary_name is None) == (own is None):
            raise Unprocessable("area_missing", WITHOUT_AREA, area=[WITHOUT_AREA])
        if own is not None:
            return await self._own(own, asked.title, square_metres)
        assert asked.boundary_name is not None
        found = await self.boundaries(asked.boundary_name, read)
        if found is None:
            raise Invalid("boundary_not_found", domain.boundary_unknown(asked.boundary_name))
        title, outline = found
        sha256 = hash_of(outline) if len(outline) < SHORT else await self.child.run(hash_of, outline, timeout=LIMIT)
        return Area(asked.boundary_name, title, outline, sha256)

    async def _own(self, content: bytes, title: str, square_metres: float | None) -> Area:
        try:
            if len(content) < SMALL:
                outline, sha256 = read_own(content, square_metres)
            else:
                check_size(content, OutlineLimits())
                outline, sha256 = await self._read_in_child(content, square_metres)
        except OutlineInvalid as error:
            raise Invalid(error.code, error.detail, area=[error.detail]) from error
        except SubprocessError as error:
            raise Invalid("outline_vertices", TOO_COMPLEX, area=[TOO_COMPLEX]) from error
        return Area(own_area_name(sha256), title, outline, sha256)

    async def _read_in_child(self, content: bytes, square_metres: float | None) -> tuple[bytes, str]:
        try:
            return await self.child.run(read_own, content, square_metres, timeout=LIMIT)
        finally:
            if len(content) > LARGE:
                self.child.stop()


def _content(asked: JobArea) -> bytes | None:
    """Returns the GeoJSON of an own area."""
    if asked.text is not None:
        return asked.text.encode()
    return None if asked.geometry is None else orjson.dumps(asked.geometry)


def read_own(content: bytes, square_metres: float | None) -> tuple[bytes, str]:
    """Runs in the child, too. Returns the outline as WKB, and its hash. OutlineInvalid."""
    outline = read_outline(content, OutlineLimits(square_metres=square_metres))
    return shapely.to_wkb(outline.stored, byte_order=1, output_dimension=2), outline.sha256


def hash_of(outline: bytes) -> str:
    """Runs in the child, too."""
    shape = shapely.from_wkb(outline)
    assert isinstance(shape, shapely.MultiPolygon)
    return Outline(shape, shape).sha256
