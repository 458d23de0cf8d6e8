"""Writes the files of a version into a folder of the machine, in one pass over its images."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import orjson

from catalog.labelstore.datasets.formats.hashed_file import HashedFile
from catalog.labelstore.datasets.version_rows import VersionImage, images_of
from kit.jobs.context import JobContext


class Writer(Protocol):
    """Writes one format, an image at a time."""

    def add(self, image: VersionImage) -> None: ...

    def close(self) -> HashedFile: ...


@dataclass
class Extent:
    """Where and when the images of a version were taken."""

    hull: Any = None
    first: datetime | None = None
    last: datetime | None = None
    georeferenced: int = 0
    _parts: list[Any] = field(default_factory=list)

    def add(self, image: VersionImage) -> None:
        area, taken = _footprint(image), image.date_taken
        self.georeferenced += image.georef is not None
        if area is not None:
            self._parts.append(area)
        if len(self._parts) >= 1000:
            self.close()
        if taken is not None:
            self.first, self.last = min(taken, self.first or taken), max(taken, self.last or taken)

    def close(self) -> None:
        parts, self._parts = self._parts if self.hull is None else [self.hull, *self._parts], []
        if parts:
            import shapely

            self.hull = shapely.convex_hull(shapely.GeometryCollection(parts))


def _footprint(image: VersionImage) -> Any:
    """Loads libraries of geometry for images with a place only."""
    if image.georef is None and (image.lat is None or image.lon is None):
        return None

    from catalog.labelstore.datasets.formats.geometry import footprint

    return footprint(image)


class ManifestImages:
    """The members `images` and `files` of the manifest. Written beside the other files, and joined at the end."""

    def __init__(self, path: Path, digests: dict[int, tuple[str, int]], copies: bool) -> None:
        self.images, self.files = HashedFile(path / "images.part"), HashedFile(path / "files.part")
        self.digests, self.copies = digests, copies

    def add(self, image: VersionImage) -> None:
        digest, size = self.digests[image.image_id]
        row = {
            "image_id": image.image_id, "file_name": image.file_name, "source_path": image.source_path,
            "sha256": digest, "width": image.width, "height": image.height, "split": image.split,
            "date_taken": image.date_taken, "lat": image.lat, "lon": image.lon,
        }  # fmt: skip
        comma = b"," if self.images.size else b""
        self.images.write(comma + orjson.dumps(row, option=orjson.OPT_UTC_Z))
        if self.copies:
            file = {"path": f"images/{image.file_name}", "sha256": digest, "size": size}
            self.files.write(comma + orjson.dumps(file))

    def write(self, path: Path, head: dict[str, Any], files: dict[str, HashedFile]) -> HashedFile:
        """Writes the manifest: `head`, the files, the images."""
        for part in (self.images, self.files):
            part.__exit__()
        listed = [{"path": name, "sha256": file.sha256, "size": file.size} for name, file in files.items()]
        with HashedFile(path) as manifest:
            manifest.write(orjson.dumps(head, option=orjson.OPT_UTC_Z)[:-1] + b',"files":[')
            manifest.append(self.files.path)
            manifest.write((b"," if self.files.size else b"") + orjson.dumps(listed)[1:-1] + b'],"images":[')
            manifest.append(self.images.path)
            manifest.write(b"]}")
        return manifest


async def write_all(dataset_id: int, context: JobContext, writers: Sequence[Any]) -> None:
    """Gives each image of the version to all writers."""
    async for image in images_of(dataset_id, context):
        for one in writers:
            one.add(image)
