"""Packages in a bucket of their own.

A bucket cannot rename, so data are replaced in three steps: a marker `.moves/<package>.<dataset>.<version>` says where
each file's content lies; the files are copied; the marker goes. While it stands, readers of ours follow it, so that
they see all of the new files from the first moment on. Readers of the bucket itself see one file after the other.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import orjson

from catalog.packages.storage.names import MOVES, as_data, data_folder
from catalog.packages.storage.port import FileEntry, VersionRef
from catalog.packages.storage.tree import file_entry, type_of
from kit.errors import NotFound, Unavailable
from kit.storage.object_storage import Storage

COPIES, ATTEMPTS = 8, 10
"""Copies at a time; attempts to list a folder that is being replaced."""


class BucketTree:
    def __init__(self, storage: Storage) -> None:
        self.store = storage
        self.start, self.stop = storage.start, storage.stop

    async def level(self, folder: str) -> tuple[list[str], list[FileEntry]]:
        """A move may begin while the folder is listed, hence the second look."""
        for _ in range(ATTEMPTS):
            if moved := await self._moved(folder):
                there = await self._staged(moved)
                return [], [replace(there[key], path=f"{folder}{name}") for name, key in moved.items() if key in there]
            found = await self._level(folder)
            if await self._moved(folder) is None:
                return found
        raise Unavailable("storage_unavailable", "The files are changing too fast.")

    async def _level(self, folder: str) -> tuple[list[str], list[FileEntry]]:
        folders, files, after = list[str](), list[FileEntry](), ""
        while True:
            page = await self.store.level(folder, after)
            folders += page.folders
            files += [file_entry(one["Key"], one) for one in page.files if not one["Key"].endswith("/")]
            if page.next is None:
                return folders, files
            after = page.next

    async def entry(self, path: str) -> FileEntry | None:
        key = await self._key(path)
        return await self._entry(path, key) if key else None

    async def address(self, path: str) -> tuple[str, str]:
        return "", self.store.presigned(await self._key(path) or path)

    async def read(self, path: str) -> bytes:
        return await self.store.read(path)

    async def write(self, path: str, content: bytes) -> None:
        await self.store.put(path, content, type_of(path))

    async def download(self, path: str, local: Path) -> None:
        await self.store.download(await self._key(path) or path, str(local))

    async def upload(self, local: Path, path: str) -> None:
        await self.store.upload(str(local), path, type_of(path))

    async def has_folder(self, folder: str) -> bool:
        page = await self.store.level(folder, most=1)
        return bool(page.folders or page.files)

    async def make_folder(self, folder: str) -> None:
        await self.store.put(folder, b"")

    async def replace_data(self, version: VersionRef, files: Mapping[str, str]) -> None:
        await self._check(files)
        marker, folder = _marker(version), data_folder(version)
        await self.store.put(marker, orjson.dumps(dict(files)), "application/json")
        slots = asyncio.Semaphore(COPIES)
        await asyncio.gather(*(self._copy(key, f"{folder}{name}", slots) for name, key in files.items()))
        _, there = await self._level(folder)
        await self.store.remove([entry.path for entry in there if entry.name not in files])
        await self.store.remove([marker])

    async def keys(self, folder: str, before: datetime | None = None) -> list[str]:
        return await self.store.keys(folder, before)

    async def remove_folder(self, folder: str) -> None:
        await self.store.remove(await self._markers_of(folder))
        await self.store.remove(await self.store.keys(folder))

    async def _copy(self, source: str, target: str, slots: asyncio.Semaphore) -> None:
        async with slots:
            await self.store.copy(self.store.uri(source), target, type_of(target))

    async def _check(self, files: Mapping[str, str]) -> None:
        if set(files.values()) - set(await self._staged(files)):
            raise NotFound("file_not_staged", "A file is no longer staged.")

    async def _staged(self, files: Mapping[str, str]) -> dict[str, FileEntry]:
        """Returns those of the staged files that are there, by key."""
        folders = {key.rpartition("/")[0] for key in files.values()}
        levels = [await self._level(f"{folder}/") for folder in folders]
        return {entry.path: entry for _, entries in levels for entry in entries}

    async def _entry(self, path: str, key: str) -> FileEntry | None:
        found = await self.store.head(key)
        return file_entry(path, found) if found else None

    async def _key(self, path: str) -> str | None:
        """Returns where the content of a file lies; None for a file that a move takes away."""
        moved = await self._moved(path)
        return path if moved is None else moved.get(path.rpartition("/")[2])

    async def _moved(self, path: str) -> dict[str, str] | None:
        """Returns what a marker says of the data that a path belongs to; None without one."""
        found = as_data(path)
        if found is None:
            return None
        try:
            return orjson.loads(await self.store.read(_marker(found[0])))
        except NotFound:
            return None

    async def _markers_of(self, folder: str) -> list[str]:
        package, _, *below = [*folder.strip("/").split("/"), ""]
        names = [package, *(name for name in below[:2] if name)]
        markers = await self.store.keys(f"{MOVES}/{package}.")
        return [marker for marker in markers if marker.partition("/")[2].split(".")[: len(names)] == names]


def _marker(version: VersionRef) -> str:
    return f"{MOVES}/{version.package}.{version.processor}"
