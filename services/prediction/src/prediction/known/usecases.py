"""Copies of users and models: fed by events, healed by a question to the catalog on a miss."""

from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update

from contracts.catalog.models import (
    BaseModelRegistered,
    GetModelFacts,
    LocalModelChanged,
    LocalModelPublished,
    ModelFacts,
)
from contracts.catalog.models import KnownModel as Told
from contracts.gateway import UserChanged
from contracts.shared import Actor
from kit.db import Database
from kit.errors import NotFound
from kit.messaging.bus import Bus
from kit.messaging.tx import Tx
from kit.statements import Prepared, upsertion, write
from prediction.tables import KnownModel, KnownUser

_MODEL = Prepared(
    select(KnownModel.user_id, KnownModel.visibility, KnownModel.facts)
    .where(KnownModel.stac_item_id == bindparam("stac_id"))
)  # fmt: skip


def on_user(event: UserChanged, tx: Tx, as_of: datetime) -> None:
    tx.upsert(KnownUser, ["id"], newer="as_of", id=event.user_id, username=event.username, as_of=as_of)


def on_model(event: BaseModelRegistered | LocalModelPublished, tx: Tx, as_of: datetime) -> None:
    kind = "base" if isinstance(event, BaseModelRegistered) else "local"
    tx.upsert(
        KnownModel, ["stac_item_id"], newer="as_of", stac_item_id=event.facts.stac_item_id, kind=kind,
        model_id=event.model_id, user_id=event.user_id, visibility=event.visibility,
        facts=event.facts.model_dump(mode="json"), as_of=as_of,
    )  # fmt: skip


async def on_local_model_changed(event: LocalModelChanged, tx: Tx, as_of: datetime) -> None:
    """A model that is not known yet will be asked for when somebody uses it."""
    await tx.session.execute(
        update(KnownModel)
        .where(KnownModel.stac_item_id == event.stac_item_id, KnownModel.as_of <= as_of)
        .values(visibility=event.visibility, as_of=as_of)
    )


class Models:
    """The models a caller may predict with."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def visible(self, stac_id: str, actor: Actor, bus: Bus) -> ModelFacts:
        """NotFound for a model that does not exist or that the caller may not see."""
        async with self.db.raw() as connection:
            rows = await _MODEL.rows(connection, stac_id=stac_id)
        row = rows[0] if rows else await self._asked(stac_id, actor, bus)
        if row is None or not (row["visibility"] == "public" or actor.owns(row["user_id"])):
            raise NotFound("model_not_found", f"There is no model {stac_id}.")
        return ModelFacts.model_validate(row["facts"])

    async def _asked(self, stac_id: str, actor: Actor, bus: Bus) -> dict | None:
        try:
            answer = await bus.lookup(GetModelFacts(stac_item_id=stac_id), actor)
        except NotFound:
            return None
        if answer is None:
            return None
        told = Told.model_validate(answer)
        values = told.model_dump(mode="json") | {"stac_item_id": stac_id, "as_of": datetime.now(UTC)}
        async with self.db.raw() as connection:
            await write(connection, [upsertion(KnownModel.__table__, ["stac_item_id"], values, "as_of")])
        return values
