"""Builds the item of a package."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pystac

from catalog.stac import items
from catalog.stac.item_inputs import StoredFile
from catalog.stac.vocabulary import PACKAGES

JSON = "application/json"
SOFTWARE = "fairway"
OTHER = "other"
"""STAC's word for several licences, or one without an SPDX id."""


@dataclass(frozen=True)
class PackageItemInput:
    """A stored package. `geometry` is valid GeoJSON in EPSG:4326; `bbox` is west, south, east, north in degrees, west >
    east when it crosses the antimeridian; `home` is the public address of its folder, with a slash behind.
    `descriptor` is its data package, `media_types` are those of its files by name."""

    name: str
    title: str
    geometry: Mapping[str, Any]
    bbox: Sequence[float]
    home: str
    descriptor: Mapping[str, Any]
    media_types: Mapping[str, str]
    release: str


def package_item(package: PackageItemInput) -> dict[str, Any]:
    """Returns the item: one asset for each file of each dataset version, and the documents of the package."""
    built = items.item(PACKAGES, package.name, package.geometry, package.bbox, _properties(package))
    updated = package.descriptor.get("updated")
    built.datetime = datetime.fromisoformat(updated) if updated else built.datetime
    for resource in package.descriptor["resources"]:
        _add_files(built, package, resource)
    for name, role in (("datapackage", "metadata"), ("provenance", "provenance")):
        document = StoredFile(f"{package.home}{name}.json")
        built.add_asset(name, items.asset(document, JSON, ["metadata"], title=f"The {role} of the package"))
    built.add_links(_links(package))
    return items.finalize_item(built)


def _properties(package: PackageItemInput) -> dict[str, Any]:
    descriptor = package.descriptor
    titles = [resource.get("title") or resource["name"] for resource in descriptor["resources"]]
    return items.without_none({
        "title": package.title,
        "description": f"{', '.join(titles)}: cut by the boundary of {package.title}.",
        "created": descriptor.get("created"),
        "license": _license(descriptor.get("licenses", [])),
        "providers": _providers(descriptor.get("contributors", [])),
        "processing:lineage": "Cut by the boundary of the package; its provenance says which job made what, and how.",
        "processing:software": {SOFTWARE: package.release},
    })  # fmt: skip


def _providers(authors: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    return [{"name": one["title"], "roles": ["producer"]} for one in authors] or None


def _license(licenses: Sequence[Mapping[str, Any]]) -> str:
    known = {one.get("spdx") for one in licenses}
    only = next(iter(known)) if len(known) == 1 else None
    return only or OTHER


def _links(package: PackageItemInput) -> list[pystac.Link]:
    descriptor = package.descriptor
    licenses = [("license", one["path"], None, one["title"]) for one in descriptor.get("licenses", [])]
    sources = [("via", one["path"], None, one["title"]) for one in descriptor.get("sources", []) if one.get("path")]
    documents = [
        ("alternate", package.home, "text/html", package.title),
        ("processing-execution", f"{package.home}provenance.json", JSON, "Who made what, from what, and when"),
    ]
    return [pystac.Link(rel, href, kind, title) for rel, href, kind, title in (*licenses, *sources, *documents)]


def _add_files(built: pystac.Item, package: PackageItemInput, resource: Mapping[str, Any]) -> None:
    title = resource.get("title") or resource["name"]
    for file in resource.get("files", []):
        name = file["path"].rpartition("/")[2]
        stored = StoredFile(_address(file["path"], package), file["bytes"], file["sha256"])
        key = name if name not in built.assets else f"{resource['processor']}-{name}"
        built.add_asset(key, items.asset(stored, package.media_types[name], ["data"], title=title))


def _address(path: str, package: PackageItemInput) -> str:
    """Returns where the file is now: packages may have been made when they were served elsewhere."""
    return f"{package.home}datasets/{path.rpartition('/datasets/')[2]}"
