"""Packages in a folder of this machine, where other programs may read and write them too."""

import asyncio
import ctypes
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from catalog.packages.storage.names import data_folder
from catalog.packages.storage.port import FileEntry, VersionRef
from catalog.packages.storage.tree import file_entry
from kit.errors import Misconfigured, NotFound, Unavailable
from kit.storage.local_folder import LocalFolder

T = TypeVar("T")
AT_FDCWD, RENAME_EXCHANGE = -100, 2
"""Constants of Linux' `renameat2`."""


class LocalTree:
    """`root`: None raises Misconfigured at every use."""

    def __init__(self, root: Path | None) -> None:
        self._root = root

    @cached_property
    def store(self) -> LocalFolder:
        if self._root is None:
            raise Misconfigured("packages_not_configured", "AUTOPKG_LOCALFS_STORAGE_BACKEND_ROOT is not set.")
        return LocalFolder(self._root, bare=True)

    async def level(self, folder: str) -> tuple[list[str], list[FileEntry]]:
        found = await self.store.level(folder)
        return found.folders, [file_entry(entry["Key"], entry) for entry in found.files]

    async def entry(self, path: str) -> FileEntry | None:
        found = await self.store.head(path)
        return file_entry(path, found) if found else None

    async def address(self, path: str) -> tuple[str, str]:
        found = await asyncio.to_thread((self.store.root / path).resolve)
        if not found.is_relative_to(self.store.root):
            raise NotFound("file_not_found", path)
        return str(found), ""

    async def read(self, path: str) -> bytes:
        return await self.store.get(path)

    async def write(self, path: str, content: bytes) -> None:
        await self.store.put(path, content)

    async def download(self, path: str, local: Path) -> None:
        await self.store.download(path, str(local))

    async def upload(self, local: Path, path: str) -> None:
        await self.store.upload(str(local), path)

    async def has_folder(self, folder: str) -> bool:
        return await _run((self.store.root / folder).is_dir)

    async def make_folder(self, folder: str) -> None:
        await _run(lambda: (self.store.root / folder).mkdir(parents=True, exist_ok=True))

    async def replace_data(self, version: VersionRef, files: Mapping[str, str]) -> None:
        await _run(lambda: self._replace_data(version, files))

    async def keys(self, folder: str, before: datetime | None = None) -> list[str]:
        return await self.store.keys(folder, before)

    async def remove_folder(self, folder: str) -> None:
        await _run(lambda: self._discard(self.store.root / folder))

    def _replace_data(self, version: VersionRef, files: Mapping[str, str]) -> None:
        """What a dead process left of this version is deleted first."""
        for left in self._drafts.glob(f"{version.package}.{version.processor}.*"):
            shutil.rmtree(left, ignore_errors=True)
        draft = self._drafts / f"{version.package}.{version.processor}.{uuid4().hex}"
        draft.mkdir(parents=True)
        try:
            for name, path in files.items():
                _copy(self.store.root / path, draft / name)
            _swap_in(draft, self.store.root / data_folder(version))
        except FileNotFoundError as error:
            raise NotFound("file_not_staged", "A file is no longer staged.") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _discard(self, folder: Path) -> None:
        """Makes the folder disappear at once, with all that is in it; so do empty folders of its dataset, which a
        bucket would not keep either."""
        grave = self._drafts / uuid4().hex
        grave.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(folder, grave)
        except (FileNotFoundError, NotADirectoryError):
            return
        shutil.rmtree(grave, ignore_errors=True)
        with suppress(OSError):
            for parent in folder.parents:
                if len(parent.relative_to(self.store.root).parts) <= 2:
                    break
                parent.rmdir()

    @property
    def _drafts(self) -> Path:
        return self.store.private / "drafts"


async def _run(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise Unavailable("storage_unavailable", "The folder of packages cannot be used.") from error


def _copy(source: Path, target: Path) -> None:
    """The copy is on the disk before its folder is in place."""
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _swap_in(draft: Path, folder: Path) -> None:
    """Gives the place of `folder` to `draft`; what was there is at `draft` afterwards."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists() and not _exchange(draft, folder):
        os.rename(folder, draft.with_suffix(".old"))
    if draft.exists() and not folder.exists():
        os.rename(draft, folder)
    shutil.rmtree(draft.with_suffix(".old"), ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two folders at once. False where the system has no such call."""
    try:
        swap = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return swap(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0
