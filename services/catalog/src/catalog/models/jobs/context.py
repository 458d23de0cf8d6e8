from dataclasses import dataclass

from catalog.stac.ports import StacItems
from kit.http.outbound import Outbound
from kit.storage.object_storage import Storage


@dataclass(frozen=True)
class RegistrationContext:
    """What a registration works with. `base` is the public address of the API; None without one."""

    api: StacItems
    storage: Storage
    outbound: Outbound
    base: str | None
