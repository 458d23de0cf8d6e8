"""The job behind `RegisterBaseModel`: from the submitted item to an active version in the catalogue.

Every step may run again: the version is fixed in the row before anything is written to STAC, files go to the folder of
that version, and a registration that was overtaken by a newer one records nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from catalog.models.domain import MAX_ERROR
from catalog.models.endpoint import served
from catalog.models.facts import model_facts
from catalog.models.tables import BaseModelRow
from catalog.models.trained import adopt
from catalog.models.weights import Unreachable, check_addresses, copied
from catalog.stac.api import StacApi
from catalog.stac.validate import item_problems, refuse
from catalog.stac.versions import archived_before, publish_version, version_of
from catalog.stac.vocabulary import BASE_MODELS, EXTENSIONS
from contracts.catalog import models as c
from contracts.catalog.files import MirrorJob
from kit.errors import DomainError, Unavailable
from kit.jobs import JobContext
from kit.messaging.tx import Tx
from kit.outbound import Outbound
from kit.storage import Storage

INFRASTRUCTURE = "The registration failed because of an infrastructure problem; please register the model again."


@dataclass(frozen=True)
class Tools:
    api: StacApi
    storage: Storage
    outbound: Outbound
    base: str | None
    """Public address of the API."""


class Interrupted(Exception):
    """Something we need was down; the job comes back."""


async def register(job: c.BaseModelRegistrationJob, context: JobContext, tools: Tools) -> None:
    async with context.read() as read:
        row = await read.session.get(BaseModelRow, job.model_id)
    if row is None or not _waits_for(row, job):
        return
    try:
        item = await _published(row, context, tools)
    except Exception as error:
        reason = _final(error, context.last)
        if reason is None:
            raise Interrupted(str(error)) from error
        return await _failed(row, context, reason)
    facts = model_facts(item, tools.api.href(BASE_MODELS, item["id"]), row.category)
    await _active(row, context, facts, [item["id"], archived_before(item)])


async def abandoned(job: c.BaseModelRegistrationJob, context: JobContext) -> None:
    """Every worker died over it."""
    async with context.read() as read:
        row = await read.session.get(BaseModelRow, job.model_id)
    if row is not None and _waits_for(row, job):
        await _failed(row, context, INFRASTRUCTURE)


def _waits_for(row: BaseModelRow, job: c.BaseModelRegistrationJob) -> bool:
    return row.status == "registering" and job.generation in (None, row.generation)


def _final(error: Exception, last: bool) -> str | None:
    """What to tell the administrator; None while another try makes sense."""
    if isinstance(error, DomainError) and not isinstance(error, Unavailable):
        return error.detail
    if not last:
        return None
    return str(error) if isinstance(error, Unreachable) else INFRASTRUCTURE


async def _published(row: BaseModelRow, context: JobContext, tools: Tools) -> dict[str, Any]:
    former = await _former(row, tools.api)
    version = row.stac_version or await _fixed(row, former, context)
    item = served(_prepared(row.item, version), tools.base)
    refuse(item_problems(item))
    await check_addresses(item, tools.outbound)
    item = await copied(item, version, tools.outbound, tools.storage)
    refuse(item_problems(item))
    await publish_version(tools.api, item, former)
    return item


async def _former(row: BaseModelRow, api: StacApi) -> dict[str, Any] | None:
    """The active version: this id, else the newest item of that name."""
    own = await api.get(BASE_MODELS, row.item["id"])
    return own or max(await api.named(BASE_MODELS, "mlm:name", row.name), key=version_of, default=None)


async def _fixed(row: BaseModelRow, former: dict[str, Any] | None, context: JobContext) -> int:
    version = version_of(former) + 1 if former else 1
    async with context.tx() as tx:
        current = await _current(row, tx)
        if current:
            current.stac_version = version
    return version


def _prepared(item: dict[str, Any], version: int) -> dict[str, Any]:
    """Under our schemas' addresses; `created` is now."""
    given = item.get("stac_extensions")
    others = [uri for uri in given if not _is_schema_of_models(uri)] if isinstance(given, list) else []
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    properties = {"created": now, **item["properties"], "version": str(version), "deprecated": False}
    return {
        "links": [], **item, "type": "Feature", "collection": BASE_MODELS, "properties": properties,
        "stac_extensions": [*EXTENSIONS[BASE_MODELS], *others],
    }  # fmt: skip


def _is_schema_of_models(uri: Any) -> bool:
    """One of those we declare ourselves, or base-model rules of another deployment's origin."""
    return uri in EXTENSIONS[BASE_MODELS] or str(uri).endswith("/base-model/schema.json")


async def _current(row: BaseModelRow, tx: Tx) -> BaseModelRow | None:
    """The row, locked; None when a newer registration took over or another delivery was quicker."""
    current = await tx.session.get(BaseModelRow, row.id, with_for_update=True)
    overtaken = current is None or current.generation != row.generation or current.status != "registering"
    return None if overtaken else current


async def _active(row: BaseModelRow, context: JobContext, facts: c.ModelFacts, mirrored: list[str]) -> None:
    async with context.tx() as tx:
        current = await _current(row, tx)
        if current is None:
            return
        current.status, current.error, current.stac_item_id = "active", "", facts.stac_item_id
        current.facts, current.last_modified = facts.model_dump(mode="json"), datetime.now(UTC)
        await adopt(current, tx)
        tx.emit(
            c.BaseModelRegistered(
                model_id=row.id, name=row.name, user_id=row.user_id, visibility=current.visibility, facts=facts
            )
        )
        for item_id in mirrored:
            tx.emit(MirrorJob(collection=BASE_MODELS, item_id=item_id, user_id=row.user_id))


async def _failed(row: BaseModelRow, context: JobContext, reason: str) -> None:
    async with context.tx() as tx:
        current = await _current(row, tx)
        if current is None:
            return
        current.status, current.error, current.last_modified = "failed", reason[:MAX_ERROR], datetime.now(UTC)
        tx.emit(
            c.BaseModelRegistrationFailed(model_id=row.id, name=row.name, user_id=row.user_id, reason=current.error)
        )
