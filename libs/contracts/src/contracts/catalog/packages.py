"""Packages: open data cut by a boundary or an own area. Processors, and what is stored."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Contract, Event, Query
from contracts.shared import Json

ProcessorId = Annotated[str, Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", examples=["gridfinder.version_1"])]
PackageName = Annotated[str, Field(pattern=r"^[a-z]+$", max_length=200, examples=["gambia"])]


class ProcessorVersion(Contract):
    """`data_*` describe the dataset. `status` and `uri` are those of a stored dataset version, else empty."""

    name: str
    description: str
    version: str
    status: str = ""
    uri: str = ""
    data_author: str = ""
    data_title: str = ""
    data_title_long: str = ""
    data_summary: str = ""
    data_citation: str = ""
    data_license: Json
    data_origin_url: str = ""
    data_formats: list[str] = []
    release: str = ""
    """Semantic version of the processor's code."""


class Dataset(Contract):
    """One dataset with its processors."""

    name: str
    versions: list[ProcessorVersion]


class ListProcessors(Query, wire="catalog.v1.list_processors"):
    """Returns every `Dataset` by name. Test processors are among them only where the settings show them."""


class GetPackage(Query, wire="catalog.v1.get_package"):
    """Returns a `Package`. NotFound for a package without a folder, without a dataset version of a known processor, or
    whose boundary is gone."""

    name: str = Field(examples=["gambia"])


class ListPackages(Query, wire="catalog.v1.list_packages"):
    """Returns `PackageSummary` rows in the order of their names, by code point, at most `limit` behind `after`."""

    after: str = ""
    limit: int = Field(default=10_000, ge=1, le=10_000)


class PackageSummary(Contract):
    boundary_name: str
    uri: str


class Package(Contract):
    """`boundary` is a `contracts.catalog.boundaries.Boundary`; `datapackage` is empty where the file is missing or
    damaged. `freshness` says, by processor, when it was made, of which release of the source, and until when it is
    kept."""

    boundary_name: str
    uri: str
    boundary: Json
    processors: list[Dataset]
    datapackage: Json
    freshness: Json = {}


class PackagesIndex(Query, wire="catalog.v1.packages_index"):
    """Returns the machine-readable index of packages as a list of `IndexedPackage`, in the order of their names behind
    `after`: at most `limit` rows, fewer where the answer would be larger than a few megabytes. An empty list is the
    end."""

    after: str = ""
    limit: int = Field(default=100, ge=1, le=1000)


class IndexedPackage(Contract):
    """`bbox` is west, south, east, north in degrees. `files` are `{path, bytes, sha256, modified}` with public
    addresses; `sha256` is empty where it is not known."""

    boundary_name: str
    name_long: str = ""
    uri: str
    bbox: tuple[float, float, float, float] | None = None
    bytes: int = 0
    modified: datetime | None = None
    files: list[Json] = []


class PackageFile(Contract):
    """Where a file of a package is read: `path` of a local folder (absolute, links resolved) or `url` of an object
    store, signed for GET. `entries` of a folder without an `index.html`: names, folders with a slash behind.
    `is_index`: the path asked for is a folder, and this is the `index.html` in it."""

    kind: Literal["file", "folder"]
    path: str = ""
    url: str = ""
    bytes: int = 0
    etag: str = ""
    media_type: str = ""
    modified: datetime | None = None
    entries: list[str] = []
    is_index: bool = False


class GetPackageFile(Query, wire="catalog.v1.get_package_file"):
    """Returns a `PackageFile` below the root of packages. A folder with an `index.html` is that file. NotFound also for
    names that no package can have."""

    path: str = Field(max_length=1024, examples=["gambia/datapackage.json"])


class PackageContents(Query, wire="catalog.v1.package_contents"):
    """Returns the files of a package for one download as a list of `PackageMember`, those of the package itself first.
    `processors`: only these, beside the files of the package itself; none stands for all. NotFound."""

    name: str = Field(examples=["gambia"])
    processors: list[ProcessorId] = []


class PackageMember(Contract):
    """`path` is relative to the package. `sha256` is empty where it is not known."""

    path: str
    bytes: int
    sha256: str = ""
    modified: datetime | None = None


class PackagesReady(Query, wire="catalog.v1.packages_ready"):
    """Returns `{"ready": bool}`: the database answers and a worker of packages was alive in the last 15 s."""


class PackageDatasetCreated(Event, wire="catalog.v1.package_dataset_created"):
    """A dataset version of a package is stored. `files` are `{path, bytes, sha256}` with public addresses."""

    boundary_name: PackageName
    processor: ProcessorId
    uri: str = Field(examples=["https://fair.example.org/packages/gambia/datasets/gridfinder/version_1/"])
    files: list[Json] = Field(examples=[[{"path": "https://fair.example.org/packages/gambia/x.tif", "bytes": 5}]])

    def aggregate(self) -> str:
        return f"{self.boundary_name}.{self.processor}"


class PackageDatasetExpired(Event, wire="catalog.v1.package_dataset_expired"):
    """A dataset version of a package was deleted, since its time was over."""

    boundary_name: PackageName
    processor: ProcessorId
