"""What the two storages have to do themselves; `package_storage` builds the rest on it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from catalog.packages.storage.media_types import media_type
from catalog.packages.storage.port import FileEntry, VersionRef


class Tree(Protocol):
    """Folders and files by path. Folders end with a slash; one without content exists as well, where somebody has made
    it. Paths have been checked. Raises Unavailable while the storage does not answer."""

    async def level(self, folder: str) -> tuple[list[str], list[FileEntry]]:
        """Returns paths of folders, and files; both empty for a folder that is not there."""
        ...

    async def entry(self, path: str) -> FileEntry | None:
        """Returns the file, None when it is not there."""
        ...

    async def address(self, path: str) -> tuple[str, str]:
        """Returns where the content is read: path of this machine, or signed URL; the other is empty. Raises NotFound
        for a link that leads elsewhere."""
        ...

    async def read(self, path: str) -> bytes:
        """Returns the content of a small file. Raises NotFound."""
        ...

    async def write(self, path: str, content: bytes) -> None:
        """Replaces the file at once."""
        ...

    async def download(self, path: str, local: Path) -> None:
        """Writes the file to a local one. Raises NotFound."""
        ...

    async def upload(self, local: Path, path: str) -> None:
        """Replaces the file at once with a copy of a local one."""
        ...

    async def has_folder(self, folder: str) -> bool: ...

    async def make_folder(self, folder: str) -> None: ...

    async def replace_data(self, version: VersionRef, files: Mapping[str, str]) -> None:
        """Makes copies of `files`, paths by name, the whole content of the version's data at once. Raises NotFound."""
        ...

    async def keys(self, folder: str, before: datetime | None = None) -> list[str]:
        """Returns the paths of all files below a folder; with `before` those written earlier."""
        ...

    async def remove_folder(self, folder: str) -> None: ...


def file_entry(path: str, found: Mapping[str, Any]) -> FileEntry:
    """Returns the file of an entry of a listing, or of a head."""
    size = found["Size"] if "Size" in found else found["ContentLength"]
    return FileEntry(path, size, found["ETag"], found["LastModified"])


def type_of(path: str) -> str:
    return media_type(path.rpartition("/")[2])
