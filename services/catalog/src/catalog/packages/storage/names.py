"""Names and paths of packages, checked before the storage is asked."""

import re

from catalog.packages.storage.port import VersionRef
from kit.errors import NotFound

PACKAGE, DATASET = re.compile("[a-z]{1,200}"), re.compile("[a-z0-9_]{1,200}")
FILE = re.compile(r"(?!\.)[A-Za-z0-9._+=@-]{1,255}")
"""Names of files, which people may add; none begins with a dot."""
PLACE = re.compile("[A-Za-z0-9_-]{1,200}")
DATASETS, DATA = "datasets", "data"
STAGED, MOVES = ".staged", ".moves"
_DATA_FILE = re.compile(r"([a-z]+)/datasets/([a-z0-9_]+)/([a-z0-9_]+)/data(?:/([^/]*))?")


def package_not_found(package: str) -> NotFound:
    return NotFound("package_not_found", f"Package {package} not found")


def dataset_not_found(dataset: str) -> NotFound:
    return NotFound("dataset_not_found", f"Dataset {dataset} not found")


def file_not_found(path: str) -> NotFound:
    return NotFound("file_not_found", f"There is no file {path} in the packages.")


def package_folder(package: str) -> str:
    """Returns the path of a package, with a slash behind. Raises NotFound for an impossible name."""
    if not PACKAGE.fullmatch(package):
        raise package_not_found(package)
    return f"{package}/"


def datasets_folder(package: str) -> str:
    return f"{package_folder(package)}{DATASETS}/"


def dataset_folder(package: str, dataset: str) -> str:
    if not DATASET.fullmatch(dataset):
        raise dataset_not_found(dataset)
    return f"{datasets_folder(package)}{dataset}/"


def version_folder(version: VersionRef) -> str:
    if not DATASET.fullmatch(version.version):
        raise NotFound("version_not_found", f"Dataset version {version.processor} not found")
    return f"{dataset_folder(version.package, version.dataset)}{version.version}/"


def data_folder(version: VersionRef) -> str:
    return f"{version_folder(version)}{DATA}/"


def file_in(folder: str, name: str) -> str:
    """Returns the path of a file in a folder. Raises NotFound for an impossible name."""
    if not FILE.fullmatch(name):
        raise file_not_found(f"{folder}{name}")
    return f"{folder}{name}"


def staged_folder(place: str) -> str:
    if not PLACE.fullmatch(place):
        raise file_not_found(place)
    return f"{STAGED}/{place}/"


def is_path(path: str) -> bool:
    """Whether a path from the root of packages is one that readers may have: a package's folder first, and nothing
    hidden. A folder's path ends with a slash."""
    first, *below = path.removesuffix("/").split("/")
    return bool(PACKAGE.fullmatch(first)) and all(FILE.fullmatch(part) for part in below)


def as_data(path: str) -> tuple[VersionRef, str] | None:
    """Returns version and file name (empty for the folder) of a path in `data/`; None for another path."""
    found = _DATA_FILE.fullmatch(path)
    return (VersionRef(*found.groups()[:3]), found[4] or "") if found else None
