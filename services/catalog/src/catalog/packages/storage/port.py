"""What keeps packages: a folder of this machine or a bucket, with the same methods.

A package is a first-level folder named by letters; a dataset version is `<package>/datasets/<dataset>/<version>/` with
its pages and `data/`. Names are checked before any access, so that none leads elsewhere. First-level folders that begin
with a dot are ours: no list shows them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

Document = dict[str, Any]
DATAPACKAGE, PROVENANCE = "datapackage.json", "provenance.json"


@dataclass(frozen=True)
class VersionRef:
    """A dataset version of a package, by its names."""

    package: str
    dataset: str
    version: str

    @property
    def processor(self) -> str:
        return f"{self.dataset}.{self.version}"


@dataclass(frozen=True)
class FileEntry:
    """A stored file. `path`: from the root of packages. `etag` changes with the content and has its quotes; `modified`
    is in UTC."""

    path: str
    bytes: int
    etag: str
    modified: datetime

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class PackageStorage(Protocol):
    """Every method that reaches the storage raises Unavailable while it does not answer, and NotFound for a name that
    no package, dataset, version or file can have."""

    def uri(self, path: str) -> str:
        """Returns the public address of a path from the root of packages: `{HOST}/<path>`."""
        ...

    async def packages(self, after: str = "") -> list[str]:
        """Returns the names of packages behind `after`, own areas too, in the order of their code points."""
        ...

    async def datasets(self, package: str) -> list[str]:
        """Returns the datasets of a package. NotFound (`package_not_found`) without its folder."""
        ...

    async def versions(self, package: str, dataset: str) -> list[str]:
        """Returns the versions of a dataset. NotFound (`dataset_not_found`) without its folder."""
        ...

    async def tree_of(self, package: str) -> list[VersionRef]:
        """Returns all dataset versions of a package. NotFound without its folder."""
        ...

    async def has_package(self, package: str) -> bool:
        """Returns whether the package's folder exists."""
        ...

    async def has_datasets_folder(self, package: str) -> bool:
        """Returns whether `<package>/datasets/` exists."""
        ...

    async def has_version(self, version: VersionRef) -> bool:
        """Returns whether the folder of the version exists."""
        ...

    async def has_package_file(self, package: str, name: str) -> bool:
        """Returns whether `<package>/<name>` exists."""
        ...

    async def data_files(self, version: VersionRef) -> list[FileEntry]:
        """Returns the files of `data/` by name; none without the folder."""
        ...

    async def package_files(self, package: str) -> list[FileEntry]:
        """Returns the files in the package's own folder, by name. NotFound without the folder."""
        ...

    async def version_files(self, version: VersionRef) -> list[FileEntry]:
        """Returns the pages of a version, then its data, each by name."""
        ...

    async def download_data(self, version: VersionRef, name: str, path: Path) -> None:
        """Writes a file of `data/` to the local file `path`. NotFound."""
        ...

    async def file(self, path: str) -> FileEntry | None:
        """Returns the file at a path from the root of packages; None when it is not there, or can be none."""
        ...

    async def entries(self, folder: str) -> list[str] | None:
        """Returns the names in a folder, whose path is empty or ends with a slash: folders with a slash behind, then
        files. None when it is not there, or can be none. At the root there are all packages, own areas too."""
        ...

    async def address(self, path: str) -> tuple[str, str]:
        """Returns where a file's content is read: absolute path of this machine with links resolved, or URL signed for
        GET; the other one is empty. NotFound for a link that leads out of the packages."""
        ...

    async def load_document(self, package: str, name: str) -> Document:
        """Returns a JSON object in the package's own folder; `{}` when it is missing or damaged."""
        ...

    async def create_package_folder(self, package: str) -> None:
        """Creates the folder; nothing happens when it exists."""
        ...

    async def create_datasets_folder(self, package: str) -> None:
        """Creates `<package>/datasets/`; nothing happens when it exists."""
        ...

    async def put_package_file(self, package: str, name: str, content: bytes) -> str:
        """Stores `<package>/<name>` in the place of what is there. Returns its public address."""
        ...

    async def put_metadata_file(self, version: VersionRef, name: str, content: bytes) -> str:
        """Stores `<name>` in the folder of the version, beside `data/`. Returns its public address."""
        ...

    async def stage(self, place: str, name: str, path: Path) -> str:
        """Keeps a copy of a local file as `<name>` at `place` (letters, digits, `_`, `-`), where no reader sees it, and
        returns its key. Any worker can give the key to `replace_data`; one staged file may serve many versions."""
        ...

    async def staged(self, place: str) -> dict[str, str]:
        """Returns the keys of what is staged at `place`, by name."""
        ...

    async def unstage(self, place: str) -> None:
        """Deletes what is staged at `place`; nothing happens when it is gone."""
        ...

    async def staged_folders(self, before: datetime) -> list[str]:
        """Returns the places at which nothing was staged since `before`."""
        ...

    async def replace_data(self, version: VersionRef, files: Mapping[str, str]) -> list[str]:
        """Makes staged files, by name, the whole content of `data/`: readers see all of the old files or all of the new
        ones, whenever the process dies. Safe to repeat. Returns the public addresses in the order of `files`. NotFound
        when a key is no longer staged; then nothing has changed."""
        ...

    async def remove_data(self, version: VersionRef) -> int:
        """Deletes the files of `data/` and keeps the pages. Returns their number. NotFound without the folder."""
        ...

    async def remove_version(self, version: VersionRef) -> None:
        """Deletes a dataset version with its pages; nothing happens when it is gone."""
        ...

    async def remove_package(self, package: str) -> None:
        """Deletes a whole package; nothing happens when it is gone."""
        ...

    async def load_datapackage(self, package: str) -> Document:
        """Returns the data package; `{}` when it is missing or damaged."""
        ...

    async def save_datapackage(self, package: str, document: Mapping[str, Any]) -> None:
        """Replaces the data package at once. The caller holds the package's lock. What cannot be read is kept beside
        it."""
        ...

    async def load_provenance(self, package: str) -> Document:
        """As `load_datapackage`, for `provenance.json`."""
        ...

    async def save_provenance(self, package: str, document: Mapping[str, Any]) -> None:
        """As `save_datapackage`, for `provenance.json`."""
        ...
