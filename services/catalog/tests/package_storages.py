"""Storages of packages for tests: a folder, and a bucket of the embedded object store."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from catalog.packages.storage.package_storage import TreeStorage
from catalog.packages.storage.settings import PackageStorageSettings
from catalog.packages.storage.wiring import package_storage

HOST = "https://host.example/packages"


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    for name, value in {"AUTOPKG_PACKAGES_HOST_URL": f"{HOST}/", **variables}.items():
        patch.setenv(name, value)
    try:
        yield
    finally:
        patch.undo()


def in_folder(folder: Path) -> TreeStorage:
    with environment(AUTOPKG_LOCALFS_STORAGE_BACKEND_ROOT=str(folder)):
        return package_storage(PackageStorageSettings())


@asynccontextmanager
async def in_bucket(stack_env: dict[str, str]) -> AsyncIterator[TreeStorage]:
    """A new bucket, deleted at the end."""
    bucket = f"packages-{uuid4().hex[:8]}"
    keys = {name: value for name, value in stack_env.items() if name.startswith("AWS_")}
    with environment(AUTOPKG_STORAGE_BACKEND="awss3", AUTOPKG_S3_BUCKET=bucket, **keys):
        storage = package_storage(PackageStorageSettings())
    client = storage.tree.store.client
    client.create_bucket(Bucket=bucket)
    yield storage
    await storage.tree.store.remove(await storage.tree.keys(""))
    client.delete_bucket(Bucket=bucket)
    await storage.stop()
