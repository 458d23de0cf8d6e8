"""Files of a folder that others change at the same moment."""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kit.errors import Invalid, Unavailable
from kit.storage.port import Listing

ABSENT = (FileNotFoundError, IsADirectoryError, NotADirectoryError)
PRIVATE = ".store"
"""Folder of a bare store with everything that is no object."""
ATTEMPTS = 50
"""Attempts to put a file into a folder that a removal may delete at the same moment."""


def entries(descriptor: int, prefix: str) -> Listing:
    """Returns the entries of an open folder below a prefix. Those that are removed meanwhile are left out."""
    folders, files = list[str](), list[dict[str, Any]]()
    for entry in sorted(os.scandir(descriptor), key=lambda one: one.name.encode()):
        if prefix or entry.name != PRIVATE:
            with suppress(*ABSENT):
                stat, key = entry.stat(), f"{prefix}{entry.name}"
                told = {"Key": key, "Size": stat.st_size, "ETag": etag(stat), "LastModified": changed(stat)}
                folders.append(f"{key}/") if entry.is_dir() else files.append(told)
    return Listing(folders, files, None)


def etag(stat: os.stat_result) -> str:
    """Returns the ETag of a file: another one after each write."""
    return f'"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"'


def changed(stat: os.stat_result) -> datetime:
    """Returns when the content was written, in UTC."""
    return datetime.fromtimestamp(stat.st_mtime, UTC)


def move(source: Path, target: Path) -> None:
    """Moves a file; makes the folders of its new path, which a removal may delete at the same moment. Raises Invalid
    when another key is in the way, Unavailable when removals always come between."""
    for _ in range(ATTEMPTS):
        with suppress(FileNotFoundError):
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                return os.replace(source, target)
            except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
                if target.is_dir() or any(folder.is_file() for folder in target.parents):
                    raise Invalid("impossible_key", "A folder cannot hold a key below another key.") from error
    raise Unavailable("storage_unavailable", "The storage folder is changing too fast.")


def discard(path: Path, root: Path) -> None:
    """Deletes a file, and the folders above it that are then empty."""
    with suppress(*ABSENT):
        path.unlink()
    with suppress(OSError):
        for folder in path.parents:
            if folder == root:
                break
            folder.rmdir()
