"""The storage of packages, the same on a folder and on a bucket (`catalog.packages.storage.port`)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from catalog.packages.storage import names
from catalog.packages.storage.port import (
    DATAPACKAGE,
    PROVENANCE,
    Document,
    FileEntry,
    PackageStorage,
    VersionRef,
)
from catalog.packages.storage.tree import Tree

MAX_DOCUMENT_BYTES = 64 << 20
"""Bytes of a data package or a provenance; what is larger counts as damaged."""


class TreeStorage(PackageStorage):
    """`host`: public root address of packages, without a slash behind."""

    def __init__(self, tree: Tree, host: str) -> None:
        self.tree, self.host = tree, host

    async def start(self) -> None:
        """Starts what the tree needs."""
        if start := getattr(self.tree, "start", None):
            await start()

    async def stop(self) -> None:
        """Closes the connections of the tree."""
        if stop := getattr(self.tree, "stop", None):
            await stop()

    def uri(self, path: str) -> str:
        return f"{self.host}/{path}"

    async def packages(self, after: str = "") -> list[str]:
        return [name for name in await self._folders("", names.PACKAGE) if name > after]

    async def datasets(self, package: str) -> list[str]:
        if not await self.has_package(package):
            raise names.package_not_found(package)
        return await self._folders(names.datasets_folder(package), names.DATASET)

    async def versions(self, package: str, dataset: str) -> list[str]:
        folder = names.dataset_folder(package, dataset)
        found = await self._folders(folder, names.DATASET)
        if not found and not await self.tree.has_folder(folder):
            raise names.dataset_not_found(dataset)
        return found

    async def tree_of(self, package: str) -> list[VersionRef]:
        datasets = await self.datasets(package)
        folders = [(dataset, names.dataset_folder(package, dataset)) for dataset in datasets]
        return [
            VersionRef(package, dataset, version)
            for dataset, folder in folders for version in await self._folders(folder, names.DATASET)
        ]  # fmt: skip

    async def has_package(self, package: str) -> bool:
        return await self.tree.has_folder(names.package_folder(package))

    async def has_datasets_folder(self, package: str) -> bool:
        return await self.tree.has_folder(names.datasets_folder(package))

    async def has_version(self, version: VersionRef) -> bool:
        return await self.tree.has_folder(names.version_folder(version))

    async def has_package_file(self, package: str, name: str) -> bool:
        return await self.tree.entry(names.file_in(names.package_folder(package), name)) is not None

    async def data_files(self, version: VersionRef) -> list[FileEntry]:
        return await self._files(names.data_folder(version))

    async def package_files(self, package: str) -> list[FileEntry]:
        if not await self.has_package(package):
            raise names.package_not_found(package)
        return await self._files(names.package_folder(package))

    async def version_files(self, version: VersionRef) -> list[FileEntry]:
        return [*await self._files(names.version_folder(version)), *await self._files(names.data_folder(version))]

    async def download_data(self, version: VersionRef, name: str, path: Path) -> None:
        await self.tree.download(names.file_in(names.data_folder(version), name), path)

    async def file(self, path: str) -> FileEntry | None:
        return await self.tree.entry(path) if names.is_path(path) and not path.endswith("/") else None

    async def entries(self, folder: str) -> list[str] | None:
        if folder and not (folder.endswith("/") and names.is_path(folder) and await self.tree.has_folder(folder)):
            return None
        folders, files = await self.tree.level(folder)
        shown = [path for path in (*folders, *(entry.path for entry in files)) if names.is_path(path)]
        return [path[len(folder) :] for path in shown if folder or path.endswith("/")]

    async def address(self, path: str) -> tuple[str, str]:
        return await self.tree.address(path)

    async def create_package_folder(self, package: str) -> None:
        await self.tree.make_folder(names.package_folder(package))

    async def create_datasets_folder(self, package: str) -> None:
        await self.tree.make_folder(names.datasets_folder(package))

    async def put_package_file(self, package: str, name: str, content: bytes) -> str:
        return await self._put(names.file_in(names.package_folder(package), name), content)

    async def put_metadata_file(self, version: VersionRef, name: str, content: bytes) -> str:
        return await self._put(names.file_in(names.version_folder(version), name), content)

    async def stage(self, place: str, name: str, path: Path) -> str:
        key = names.file_in(names.staged_folder(place), name)
        await self.tree.upload(path, key)
        return key

    async def staged(self, place: str) -> dict[str, str]:
        folder = names.staged_folder(place)
        return {key[len(folder) :]: key for key in await self.tree.keys(folder)}

    async def unstage(self, place: str) -> None:
        await self.tree.remove_folder(names.staged_folder(place))

    async def staged_folders(self, before: datetime) -> list[str]:
        everything = await self.tree.keys(f"{names.STAGED}/")
        old = set(await self.tree.keys(f"{names.STAGED}/", before))
        recent = {key.split("/")[1] for key in everything if key not in old}
        return sorted({key.split("/")[1] for key in old} - recent)

    async def replace_data(self, version: VersionRef, files: Mapping[str, str]) -> list[str]:
        folder = names.data_folder(version)
        paths = [names.file_in(folder, name) for name in files]
        await self.tree.replace_data(version, files)
        return [self.uri(path) for path in paths]

    async def remove_data(self, version: VersionRef) -> int:
        folder = names.data_folder(version)
        files = await self.data_files(version)
        if not files and not await self.tree.has_folder(folder):
            raise names.file_not_found(folder)
        await self.tree.remove_folder(folder)
        return len(files)

    async def remove_version(self, version: VersionRef) -> None:
        await self.tree.remove_folder(names.version_folder(version))

    async def remove_package(self, package: str) -> None:
        await self.tree.remove_folder(names.package_folder(package))

    async def load_document(self, package: str, name: str) -> Document:
        return _parsed(await self._content(names.file_in(names.package_folder(package), name))) or {}

    async def load_datapackage(self, package: str) -> Document:
        return await self.load_document(package, DATAPACKAGE)

    async def save_datapackage(self, package: str, document: Mapping[str, Any]) -> None:
        await self._save(package, DATAPACKAGE, document)

    async def load_provenance(self, package: str) -> Document:
        return await self.load_document(package, PROVENANCE)

    async def save_provenance(self, package: str, document: Mapping[str, Any]) -> None:
        await self._save(package, PROVENANCE, document)

    async def _files(self, folder: str) -> list[FileEntry]:
        _, files = await self.tree.level(folder)
        return sorted((entry for entry in files if names.is_path(entry.path)), key=lambda entry: entry.name)

    async def _folders(self, folder: str, pattern: re.Pattern[str]) -> list[str]:
        folders, _ = await self.tree.level(folder)
        found = (path[len(folder) :].rstrip("/") for path in folders)
        return sorted(name for name in found if pattern.fullmatch(name))

    async def _put(self, path: str, content: bytes) -> str:
        await self.tree.write(path, content)
        return self.uri(path)

    async def _save(self, package: str, name: str, document: Mapping[str, Any]) -> None:
        path = f"{names.package_folder(package)}{name}"
        content = await self._content(path)
        if content is not None and _parsed(content) is None:
            await self.tree.write(f"{path.removesuffix('.json')}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}", content)
        await self.tree.write(path, orjson.dumps(document, option=orjson.OPT_INDENT_2))

    async def _content(self, path: str) -> bytes | None:
        """Returns None for a file that is not there, and nothing of one that is too large."""
        entry = await self.tree.entry(path)
        if entry is None:
            return None
        return await self.tree.read(path) if entry.bytes <= MAX_DOCUMENT_BYTES else b""


def _parsed(content: bytes | None) -> Document | None:
    try:
        document = orjson.loads(content or b"")
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None
