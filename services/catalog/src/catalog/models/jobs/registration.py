"""The job of `RegisterBaseModel`: makes the submitted item the active version in the catalogue.

Every step may be repeated: the row stores the version before anything is written to STAC, files lie in the folder of
that version, and a registration that was replaced by a newer one records nothing.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from catalog.models.domain import MAX_ERROR
from catalog.models.endpoint import set_endpoint
from catalog.models.jobs.claim import beat, claim, current, let_go, waits_for
from catalog.models.jobs.context import RegistrationContext
from catalog.models.jobs.weight_import import Unreachable, check_addresses, import_weights
from catalog.models.local_model_projection import create_from_events
from catalog.models.summary import summarize_item
from catalog.models.tables import BaseModelRow
from catalog.stac.model_items import in_catalogue_form
from catalog.stac.ports import StacItems
from catalog.stac.validate import item_problems, refuse
from catalog.stac.versions import archived_before, publish_version, version_of
from catalog.stac.vocabulary import BASE_MODELS, EXTENSIONS
from contracts.catalog import models as c
from contracts.catalog.files import MirrorJob
from kit.errors import DomainError, Unavailable
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import Superseded, while_beating
from kit.jobs.waiting import noted
from kit.messaging.tx import Tx

INFRASTRUCTURE = "The registration failed because of an infrastructure problem; please register the model again."


async def register(job: c.BaseModelRegistrationJob, context: JobContext, tools: RegistrationContext) -> None:
    row = await claim(job, context)
    if row is None:
        return
    try:
        await while_beating(_register(row, context, tools), lambda: beat(row, context))
    except Superseded:
        return
    except BaseException as error:
        reason = _final(error, context)
        if reason is None:
            await asyncio.shield(let_go(row, context))
            raise
        await _failed(row, context, reason)


async def _register(row: BaseModelRow, context: JobContext, tools: RegistrationContext) -> None:
    item = await _published(row, context, tools)
    facts = summarize_item(item, tools.api.href(BASE_MODELS, item["id"]), row.category)
    await _active(row, context, facts, [item["id"], archived_before(item)])


async def note_wait(job: c.BaseModelRegistrationJob, context: JobContext, reason: str) -> None:
    async with context.tx() as tx:
        row = await tx.session.get(BaseModelRow, job.model_id, with_for_update=True)
        if row is not None and waits_for(row, job):
            row.waiting = noted(row.waiting, reason)


async def give_up(job: c.BaseModelRegistrationJob, context: JobContext) -> None:
    """Handles a job whose workers all crashed."""
    async with context.read() as read:
        row = await read.session.get(BaseModelRow, job.model_id)
    if row is not None and waits_for(row, job):
        await _failed(row, context, INFRASTRUCTURE)


def _final(error: BaseException, context: JobContext) -> str | None:
    """Returns the text for the administrator; None when a retry makes sense."""
    if isinstance(error, DomainError) and not isinstance(error, Unavailable):
        return error.detail
    if not context.gives_up(error):
        return None
    return str(error) if isinstance(error, Unreachable) else INFRASTRUCTURE


async def _published(row: BaseModelRow, context: JobContext, tools: RegistrationContext) -> dict[str, Any]:
    former = await _former(row, tools.api)
    version = row.stac_version or await _fixed(row, former, context)
    item = set_endpoint(_prepared(row.item, version), tools.base)
    refuse(item_problems(item))
    await check_addresses(item, tools.outbound)
    item = await import_weights(item, version, tools.outbound, tools.storage)
    refuse(item_problems(item))
    await publish_version(tools.api, item, former)
    return item


async def _former(row: BaseModelRow, api: StacItems) -> dict[str, Any] | None:
    """Returns the active version: the item with this id, else the newest item of that name."""
    own = await api.get(BASE_MODELS, row.item["id"])
    return own or max(await api.named(BASE_MODELS, "mlm:name", row.name), key=version_of, default=None)


async def _fixed(row: BaseModelRow, former: dict[str, Any] | None, context: JobContext) -> int:
    version = version_of(former) + 1 if former else 1
    async with context.tx() as tx:
        now = await current(row, tx)
        if now:
            now.stac_version = version
    return version


def _prepared(item: dict[str, Any], version: int) -> dict[str, Any]:
    """Returns the item with our schema addresses; `created` is now."""
    given = item.get("stac_extensions")
    others = [uri for uri in given if not _is_schema_of_models(uri)] if isinstance(given, list) else []
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    properties = {"created": now, **item["properties"], "version": str(version), "deprecated": False}
    return in_catalogue_form({
        "links": [], **item, "type": "Feature", "collection": BASE_MODELS, "properties": properties,
        "stac_extensions": [*EXTENSIONS[BASE_MODELS], *others],
    })  # fmt: skip


def _is_schema_of_models(uri: Any) -> bool:
    """Returns whether we declare this schema ourselves, also at the address of another deployment."""
    return uri in EXTENSIONS[BASE_MODELS] or str(uri).endswith("/base-model/schema.json")


async def _active(row: BaseModelRow, context: JobContext, facts: c.ModelSummary, mirrored: list[str]) -> None:
    async def written(tx: Tx) -> None:
        now = await current(row, tx)
        if now is None:
            return
        now.status, now.error, now.waiting, now.stac_item_id = "active", "", None, facts.stac_item_id
        now.facts, now.last_modified = facts.model_dump(mode="json"), datetime.now(UTC)
        await create_from_events(now, tx)
        tx.emit(
            c.BaseModelRegistered(
                model_id=row.id, name=row.name, user_id=row.user_id, visibility=now.visibility, facts=facts
            )
        )
        for item_id in mirrored:
            tx.emit(MirrorJob(collection=BASE_MODELS, item_id=item_id, user_id=row.user_id))

    await context.write(written)


async def _failed(row: BaseModelRow, context: JobContext, reason: str) -> None:
    async def written(tx: Tx) -> None:
        now = await current(row, tx)
        if now is None:
            return
        now.status, now.error, now.waiting = "failed", reason[:MAX_ERROR], None
        now.last_modified = datetime.now(UTC)
        tx.emit(c.BaseModelRegistrationFailed(model_id=row.id, name=row.name, user_id=row.user_id, reason=now.error))

    await context.write(written)
