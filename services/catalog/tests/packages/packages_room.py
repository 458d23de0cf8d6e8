"""The part of the catalog that makes packages, without the rest; `python packages_room.py` is a worker of it."""

from itertools import count
from pathlib import Path
from typing import Any, cast

import shapely

import contracts.catalog.areas  # noqa: F401  (its GetCommand is answered by every service)
from catalog.packages.production import wiring as production
from catalog.packages.production.settings import ProductionSettings
from catalog.packages.storage.port import PackageStorage
from catalog.packages.storage.settings import PackageStorageSettings
from catalog.packages.storage.wiring import package_storage
from catalog.packages.submissions import wiring as submissions
from catalog.packages.submissions.settings import SubmissionSettings
from contracts.shared import Actor
from kit.app import Service
from kit.errors import Unavailable
from kit.messaging.tx import ReadTx, Tx
from kit.settings import ServiceSettings, load

FOLDERS = (Path(__file__).parent / "processors", Path(__file__).parents[4] / "processors")
KNOWN = {"many.version_1", "quick.version_1", "slow.version_1", "holed.version_1", "summed.version_1",
         "test_processor.version_1", "test_fail_processor.version_1"}  # fmt: skip
NAMES = ("gambia", "ghana", "mali", "zambia", "togo", "benin", "kenya", "chad", "niger", "angola", "gabon", "egypt",
         "malawi", "lesotho", "rwanda")  # fmt: skip
people = count(1000)


def person() -> Actor:
    """Somebody new."""
    return Actor(id=next(people), username="person")


class RoomSettings(ServiceSettings, SubmissionSettings, ProductionSettings, PackageStorageSettings):
    pass


async def boundary(name: str, read: ReadTx | Tx) -> tuple[str, bytes] | None:
    """Squares of one degree; two names for the same square are `gambia` and `twin`."""
    if name not in (*NAMES, "twin"):
        return None
    number = NAMES.index("gambia" if name == "twin" else name)
    square = shapely.MultiPolygon([shapely.box(number, 10, number + 1, 11)])
    return f"The {name.title()}", shapely.to_wkb(square, byte_order=1)


async def publish(package: str, read: ReadTx | Tx) -> bool:
    """No catalogue here."""
    return False


async def nothing() -> None:
    """Processors are known without reading them."""


class Interrupted:
    """The storage, which does not answer while the file `away` is beside it."""

    def __init__(self, storage: PackageStorage, away: Path) -> None:
        self.storage, self.away = storage, away

    def __getattr__(self, name: str) -> Any:
        if name != "uri" and self.away.exists():
            raise Unavailable("storage_unavailable", "The object store does not answer.")
        return getattr(self.storage, name)


def build(settings: RoomSettings) -> Service:
    service = Service("catalog", settings, routers=[submissions.router, production.router])
    assert settings.package_root
    storage = cast("PackageStorage", Interrupted(package_storage(settings), settings.package_root.parent / "away"))
    service.provides.append(storage)
    areas, rules = submissions.register(service, settings, boundary, lambda: KNOWN, nothing, settings.package_host)
    expiry = settings.package_task_expiry
    production.register(service, settings, storage, areas, rules, FOLDERS, settings.package_host, expiry, publish)
    return service


if __name__ == "__main__":
    import asyncio

    asyncio.run(build(load(RoomSettings)).work())
