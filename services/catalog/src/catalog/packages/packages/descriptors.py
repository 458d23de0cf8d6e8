"""What a data package says of the files of a package. It may be damaged: what is not as it should be is left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FOLDER = "/datasets/"


@dataclass(frozen=True)
class DescribedFile:
    """`path`: relative to the package."""

    path: str
    bytes: int
    sha256: str


def described_files(descriptor: Mapping[str, Any]) -> Iterator[DescribedFile]:
    """Yields the files of all resources, in their order. Their addresses may be those of a former host."""
    for resource in resources(descriptor):
        for file in resource.get("files") or ():
            path, size = file.get("path", ""), file.get("bytes", 0)
            if isinstance(path, str) and FOLDER in path and isinstance(size, int):
                yield DescribedFile(f"datasets/{path.rpartition(FOLDER)[2]}", size, str(file.get("sha256", "")))


def resources(descriptor: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = descriptor.get("resources")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def updated(descriptor: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(descriptor["updated"])
    except (KeyError, TypeError, ValueError):
        return None
