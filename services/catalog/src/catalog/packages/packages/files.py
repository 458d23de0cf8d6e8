"""Files of packages: one of them, all of one package, and the index of all packages."""

import asyncio
from collections.abc import Sequence

from catalog.packages.boundaries.queries import boxes_of
from catalog.packages.packages.descriptors import described_files, updated
from catalog.packages.packages.queries import home
from catalog.packages.packages.visibility import is_listed
from catalog.packages.storage.media_types import media_type
from catalog.packages.storage.port import FileEntry, PackageStorage, VersionRef
from contracts.catalog import packages as c
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

INDEX = "index.html"
MAX_ROWS = 20_000
"""Files in one answer of the index, about four megabytes."""
READS = 4
"""Data packages that are read at a time."""


async def get_package_file(path: str, storage: PackageStorage) -> c.PackageFile:
    """Raises NotFound, also for a path that no package can have."""
    if entry := await storage.file(path):
        return await _file(entry, storage, is_index=False)
    folder = f"{path.removesuffix('/')}/" if path else ""
    if folder and (entry := await storage.file(f"{folder}{INDEX}")):
        return await _file(entry, storage, is_index=True)
    entries = await storage.entries(folder)
    if entries is None:
        raise NotFound("file_not_found", f"There is no file {path} in the packages.")
    shown = entries if folder else [name for name in entries if is_listed(name.rstrip("/"))]
    return c.PackageFile(kind="folder", entries=shown)


async def package_contents(query: c.PackageContents, storage: PackageStorage) -> list[c.PackageMember]:
    """Raises NotFound for a package, or a processor's version in it, that is not there."""
    own = await storage.package_files(query.name)
    versions = _chosen(await storage.tree_of(query.name), query.processors)
    found = [*own, *[entry for version in versions for entry in await storage.version_files(version)]]
    described = {file.path: file for file in described_files(await storage.load_datapackage(query.name))}
    members = []
    for entry in found:
        path = entry.path.removeprefix(f"{query.name}/")
        said = described.get(path)
        sha256 = said.sha256 if said and said.bytes == entry.bytes else ""
        members.append(c.PackageMember(path=path, bytes=entry.bytes, sha256=sha256, modified=entry.modified))
    return members


async def packages_index(query: c.PackagesIndex, read: ReadTx, storage: PackageStorage) -> list[c.IndexedPackage]:
    """Reads the data packages, not the folders: an index of a thousand packages is a thousand small reads."""
    names = [name for name in await storage.packages(query.after) if is_listed(name)][: query.limit]
    boxes = await boxes_of(names, read)
    await read.close()
    slots = asyncio.Semaphore(READS)

    async def indexed(name: str) -> c.IndexedPackage:
        async with slots:
            found = await _indexed(name, storage)
        name_long, box = boxes.get(name, ("", None))
        return found.model_copy(update={"name_long": name_long, "bbox": box})

    return _bounded(await asyncio.gather(*(indexed(name) for name in names)))


def _bounded(found: Sequence[c.IndexedPackage]) -> list[c.IndexedPackage]:
    """Returns the first of them, at least one, with `MAX_ROWS` files at most."""
    kept, rows = list[c.IndexedPackage](), 0
    for package in found:
        rows += len(package.files)
        if kept and rows > MAX_ROWS:
            break
        kept.append(package)
    return kept


async def _indexed(name: str, storage: PackageStorage) -> c.IndexedPackage:
    descriptor = await storage.load_datapackage(name)
    modified, files = updated(descriptor), list(described_files(descriptor))
    stamp = modified.isoformat() if modified else None
    rows = [
        {"path": storage.uri(f"{name}/{file.path}"), "bytes": file.bytes, "sha256": file.sha256, "modified": stamp}
        for file in files
    ]
    total = sum(file.bytes for file in files)
    return c.IndexedPackage(boundary_name=name, uri=home(name, storage), bytes=total, modified=modified, files=rows)


def _chosen(versions: list[VersionRef], processors: Sequence[str]) -> list[VersionRef]:
    there = {version.processor for version in versions}
    for processor in processors:
        if processor not in there:
            raise NotFound("dataset_not_found", f"The package has no dataset {processor}.")
    return [version for version in versions if not processors or version.processor in processors]


async def _file(entry: FileEntry, storage: PackageStorage, is_index: bool) -> c.PackageFile:
    path, url = await storage.address(entry.path)
    return c.PackageFile(
        kind="file", path=path, url=url, bytes=entry.bytes, etag=entry.etag, media_type=media_type(entry.name),
        modified=entry.modified, is_index=is_index,
    )  # fmt: skip
