"""Results by the key of their request: an equal request, whoever asks and whatever the area is called, takes the staged
files (docs/decisions/0063)."""

from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from catalog.packages.production.tables import PackageResultRow
from kit.messaging.tx import Tx

result = PackageResultRow


async def find(request_key: str, tx: Tx) -> PackageResultRow | None:
    """Returns the result, and remembers that it was used."""
    used = update(result).where(result.request_key == request_key).values(used_at=func.now()).returning(result)
    return (await tx.session.scalars(used)).one_or_none()


async def keep(values: dict[str, Any], tx: Tx) -> None:
    """Keeps a result in the place of an older one of the same request; `values` are columns."""
    new = insert(result).values(values)
    changed = {name: new.excluded[name] for name in values if name != "request_key"}
    times = {"made_at": func.now(), "used_at": func.now()}
    kept = new.on_conflict_do_update(index_elements=[result.request_key], set_={**changed, **times})
    await tx.session.execute(kept)
