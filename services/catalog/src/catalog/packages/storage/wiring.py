"""Which storage packages have."""

from catalog.packages.storage.bucket_tree import BucketTree
from catalog.packages.storage.local_tree import LocalTree
from catalog.packages.storage.package_storage import TreeStorage
from catalog.packages.storage.settings import PackageStorageSettings
from kit.storage.object_storage import Storage


def package_storage(settings: PackageStorageSettings) -> TreeStorage:
    """Returns the storage that the settings name. It connects to nothing before it is used."""
    if settings.package_backend == "localfs":
        return TreeStorage(LocalTree(settings.package_root), settings.package_host)
    return TreeStorage(BucketTree(Storage(settings.for_object_storage())), settings.package_host)
