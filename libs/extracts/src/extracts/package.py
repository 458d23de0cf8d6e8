"""`datapackage.json` of a package: Frictionless Data Package, version 1, with the reference's own fields beside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from extracts.digests import FileDigest

VALID_NAMES = {"Natural Earth": "Natural-Earth"}
"""Licences whose name has a character that the standard forbids."""
SPDX = {"CC0": "CC0-1.0", "CC-BY-4.0": "CC-BY-4.0", "ODbL-1.0": "ODbL-1.0"}
Descriptor = dict[str, Any]


@dataclass(frozen=True)
class License:
    """`name` as clients match on it."""

    name: str
    path: str
    title: str

    def descriptor(self) -> Descriptor:
        spdx = SPDX.get(self.name)
        named = {"name": VALID_NAMES.get(self.name, self.name), "path": self.path, "title": self.title}
        return named | ({"spdx": spdx} if spdx else {})


@dataclass(frozen=True)
class PackageFile:
    """A file of a resource at its public address."""

    url: str
    digest: FileDigest


@dataclass(frozen=True)
class DatasetVersion:
    """What a data package says of where a resource comes from."""

    dataset: str
    version: str
    title: str
    description: str
    source_title: str
    source_url: str
    author: str
    license: License

    @property
    def processor(self) -> str:
        return f"{self.dataset}.{self.version}"


def new_package(name: str, homepage: str, now: datetime) -> Descriptor:
    """Before its first dataset. Empty lists are no valid Data Package, and stand for one that has none yet."""
    return {
        "profile": "data-package", "name": name, "title": name, "homepage": homepage, "created": _time(now),
        "updated": _time(now), "licenses": [], "contributors": [], "sources": [], "resources": [],
    }  # fmt: skip


def resource(version: DatasetVersion, files: Sequence[PackageFile], format: str, media_type: str | None) -> Descriptor:
    """`media_type`: None where files are of several kinds. The order of `files` is that of `path` and `hashes`."""
    licensed = version.license.descriptor()
    found: Descriptor = {
        "profile": "data-resource", "name": version.dataset, "version": version.version, "title": version.title,
        "processor": version.processor, "path": [one.url for one in files], "description": version.description,
        "format": format, "bytes": sum(one.digest.bytes for one in files),
        "hashes": [one.digest.sha1 for one in files], "license": licensed, "licenses": [licensed],
        "sources": [{"title": version.source_title, "path": version.source_url}], "author": version.author,
        "files": [_file(one) for one in files],
    }  # fmt: skip
    if media_type:
        found["mediatype"] = media_type
    if len(files) == 1:
        found["hash"] = f"sha256:{files[0].digest.sha256}"
    return {name: value for name, value in found.items() if value != ""}


def with_resources(package: Mapping[str, Any], added: Iterable[Mapping[str, Any]], now: datetime) -> Descriptor:
    """The package with these resources, each in the place of an older one of the same dataset and version.

    Licences, contributors and sources are those of the resources that are there now. Keys that are not known stay.
    """
    resources = [dict(one) for one in package.get("resources", [])]
    for one in added:
        _put(resources, dict(one))
    _name(resources)
    return dict(package) | {
        "updated": _time(now),
        "licenses": _each_once((one["license"] for one in resources), "name"),
        "contributors": _each_once(map(_contributor, _authors(resources)), "title"),
        "sources": _each_once((source for one in resources for source in one["sources"]), "title"),
        "resources": resources,
    }


def without_resource(package: Mapping[str, Any], processor: str, now: datetime) -> Descriptor:
    """The package without one dataset version, and without the licence that only it had."""
    left = [one for one in package.get("resources", []) if _processor(one) != processor]
    return with_resources({**package, "resources": left}, [], now)


def _put(resources: list[Descriptor], added: Descriptor) -> None:
    for number, one in enumerate(resources):
        if _processor(one) == _processor(added):
            resources[number] = added
            return
    resources.append(added)


def _name(resources: list[Descriptor]) -> None:
    """The first version of a dataset has its name, later ones `<dataset>.<version>`."""
    named: dict[str, str] = {}
    for one in resources:
        dataset = _processor(one).partition(".")[0]
        one["name"] = dataset if named.setdefault(dataset, _processor(one)) == _processor(one) else _processor(one)


def _processor(one: Mapping[str, Any]) -> str:
    """Files of the reference lack the key."""
    return one.get("processor") or f"{str(one['name']).partition('.')[0]}.{one['version']}"


def _authors(resources: list[Descriptor]) -> list[str]:
    return [one["author"] for one in resources if one.get("author")]


def _contributor(author: str) -> Descriptor:
    """`roles` is the name of version 2 of the standard."""
    return {"title": author, "role": "author", "roles": ["author"]}


def _each_once(found: Iterable[Descriptor], key: str) -> list[Descriptor]:
    kept: dict[str, Descriptor] = {}
    for one in found:
        kept.setdefault(one[key], one)
    return list(kept.values())


def _file(one: PackageFile) -> Descriptor:
    return {"path": one.url, "bytes": one.digest.bytes, "sha1": one.digest.sha1, "sha256": one.digest.sha256}


def _time(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
