"""Copies of users and models: fed by events, healed by a question to the catalog on a miss."""

from datetime import datetime

from sqlalchemy import bindparam, select

from contracts.catalog.models import (
    BaseModelRegistered,
    GetModelSummary,
    LocalModelChanged,
    LocalModelPublished,
    ModelSummary,
)
from contracts.catalog.models import KnownModel as Told
from contracts.gateway import UserChanged
from contracts.shared import Actor
from kit.db.database import Database
from kit.db.sql import CompiledQuery, upsert, write
from kit.errors import NotFound
from kit.messaging.bus import Bus
from kit.messaging.tx import Tx, table_of
from kit.snapshot_pages import complete_before
from prediction.projections.tables import KnownModel, KnownUser

_MODEL = CompiledQuery(
    select(KnownModel.user_id, KnownModel.visibility, KnownModel.facts)
    .where(KnownModel.stac_item_id == bindparam("stac_id"))
)  # fmt: skip


def project_user(event: UserChanged, tx: Tx, as_of: datetime) -> None:
    tx.upsert(KnownUser, ["id"], newer="as_of", id=event.user_id, username=event.username, as_of=as_of)


def project_model(event: BaseModelRegistered | LocalModelPublished, tx: Tx, as_of: datetime) -> None:
    kind = "base" if isinstance(event, BaseModelRegistered) else "local"
    tx.upsert(
        KnownModel, ["stac_item_id"], newer="as_of", stac_item_id=event.facts.stac_item_id, kind=kind,
        model_id=event.model_id, user_id=event.user_id, visibility=event.visibility,
        facts=event.facts.model_dump(mode="json"), as_of=as_of,
    )  # fmt: skip


def project_visibility(event: LocalModelChanged, tx: Tx, as_of: datetime) -> None:
    """When this is all that was heard of the model, its facts stay unknown: an older answer on its way to us must not
    show it again."""
    if event.stac_item_id:
        tx.upsert(
            KnownModel, ["stac_item_id"], newer="as_of", stac_item_id=event.stac_item_id, kind="local",
            model_id=event.model_id, user_id=event.user_id, visibility=event.visibility, as_of=as_of,
        )  # fmt: skip


class VisibleModels:
    """The models a caller may predict with."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def visible(self, stac_id: str, actor: Actor, bus: Bus) -> ModelSummary:
        """NotFound for a model that does not exist or that the caller may not see."""
        async with self.db.raw() as connection:
            rows = await _MODEL.rows(connection, stac_id=stac_id)
        known = bool(rows) and rows[0]["facts"] is not None
        row = rows[0] if known else await self._asked(stac_id, actor, bus)
        if row is None or not (row["visibility"] == "public" or actor.owns(row["user_id"])):
            raise NotFound("model_not_found", f"There is no model {stac_id}.")
        return ModelSummary.model_validate(row["facts"])

    async def _asked(self, stac_id: str, actor: Actor, bus: Bus) -> dict | None:
        as_of = complete_before()
        try:
            answer = await bus.query_json(GetModelSummary(stac_item_id=stac_id), actor)
        except NotFound:
            return None
        if answer is None:
            return None
        told = Told.model_validate(answer)
        values = told.model_dump(mode="json") | {"stac_item_id": stac_id, "as_of": as_of}
        async with self.db.raw() as connection:
            await write(connection, [upsert(table_of(KnownModel), ["stac_item_id"], values, "as_of")])
        return values
