"""Publishes packages in the catalogue."""

from catalog.stac.package_item import PackageItemInput, package_item
from catalog.stac.ports import StacItems
from catalog.stac.validate import item_problems, refuse
from catalog.stac.vocabulary import PACKAGES


async def publish_package(package: PackageItemInput, api: StacItems) -> None:
    """Writes the item of a package; may be repeated. Raises Unprocessable when the item breaks a rule of the
    catalogue, Unavailable when the catalogue is down."""
    item = package_item(package)
    refuse(item_problems(item))
    async with api.lock(PACKAGES, package.name):
        await api.put(item)
