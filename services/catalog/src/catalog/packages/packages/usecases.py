"""Packages in the public STAC catalogue."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from catalog.packages.boundaries.queries import stored_outline
from catalog.packages.packages.descriptors import described_files, resources
from catalog.packages.packages.queries import home
from catalog.packages.packages.visibility import is_listed
from catalog.packages.storage.media_types import media_type
from catalog.packages.storage.port import PackageStorage
from catalog.stac.ports import StacItems
from catalog.stac.vocabulary import PACKAGES
from geo import antimeridian
from kit.messaging.tx import ReadTx, Tx

if TYPE_CHECKING:
    from catalog.stac.package_item import PackageItemInput


async def publish_item(package: str, tx: ReadTx | Tx, storage: PackageStorage, api: StacItems) -> bool:
    """Makes the item of a package what its data package says; without a dataset version the item is deleted. Call it
    after each change of the data package; it may be repeated. Returns whether there is an item.

    Nothing happens for an own area, for a boundary that is gone, and without a catalogue. Raises Unavailable while the
    catalogue or the storage is away, Unprocessable for an item that breaks a rule.
    """
    if not (api.root and is_listed(package)):
        return False
    descriptor = await storage.load_datapackage(package)
    if not any(True for _ in described_files(descriptor)):
        await api.delete(PACKAGES, package)
        return False
    found = await stored_outline(package, tx)
    if found is None:
        return False
    from catalog.stac.publish_package import publish_package  # pystac and schemas, for workers only

    await publish_package(_described(package, *found, descriptor, home(package, storage)), api)
    return True


def _described(package: str, title: str, outline: bytes, descriptor: dict[str, Any], uri: str) -> "PackageItemInput":
    from catalog.stac.package_item import PackageItemInput

    surface = _surface(outline)
    names = [file.path.rpartition("/")[2] for file in described_files(descriptor)]
    kinds = {resource.get("mediatype") for resource in resources(descriptor)}
    return PackageItemInput(
        package, title, orjson.loads(shapely.to_geojson(surface)), antimeridian.bounds(surface), uri, descriptor,
        {name: _media(name, kinds) for name in names}, version("catalog"),
    )  # fmt: skip


def _surface(outline: bytes) -> Any:
    """Returns valid polygons within ±180°, which the catalogue can search."""
    stored = shapely.from_wkb(outline)
    assert isinstance(stored, shapely.MultiPolygon)
    surface = antimeridian.split(stored)
    return surface if surface.is_valid else shapely.make_valid(surface, method="structure", keep_collapsed=False)


def _media(name: str, kinds: set[str | None]) -> str:
    """A cloud-optimised GeoTIFF is known by its resource, not by its name."""
    plain = media_type(name)
    return next((kind for kind in kinds if kind and kind.startswith(f"{plain};")), plain)
