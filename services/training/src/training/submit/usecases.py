"""Submitting a training. Two round trips to the database in all: one look-up, one write."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from contracts.shared import Actor, CompactUser
from contracts.training import SubmitTraining, Training, TrainingJob, TrainingSubmitted
from kit.errors import Forbidden, Invalid, Unauthenticated
from kit.ids import Ids
from kit.messaging.tx import Tx
from kit.statements import Prepared
from training.submit import domain, waiting
from training.submit.alone import refuse_second
from training.submit.hyperparameters import Declared
from training.submit.known import Catalog, Layout, ask_for_base_model, ask_for_dataset, ask_for_weights
from training.tables import KnownBaseModel, KnownDataset, ModelNameRow, TrainingRow

_one = select(literal(1).label("one")).subquery()
_LOOK_UP = Prepared(
    select(
        KnownBaseModel.facts.label("base_facts"), KnownBaseModel.user_id.label("base_user"),
        KnownBaseModel.visibility.label("base_visibility"), KnownDataset.facts, KnownDataset.dataset_id,
        KnownDataset.user_id, KnownDataset.visibility, KnownDataset.deleted,
        ModelNameRow.id.label("name_id"), ModelNameRow.user_id.label("name_user"),
    )
    .select_from(_one)
    .outerjoin(KnownBaseModel, KnownBaseModel.stac_item_id == bindparam("base"))
    .outerjoin(KnownDataset, KnownDataset.stac_id == bindparam("dataset"))
    .outerjoin(ModelNameRow, ModelNameRow.name == bindparam("name"))
)  # fmt: skip

_quick = select(func.set_config("synchronous_commit", "off", True).label("unused")).cte("quick")
_claim = insert(ModelNameRow).from_select(
    ["name", "user_id", "base_model_stac_id"],
    select(
        bindparam("name", type_=Text), bindparam("user_id", type_=BigInteger), bindparam("base", type_=Text)
    ).select_from(_quick),
)
_CLAIM = Prepared(
    _claim.on_conflict_do_update(index_elements=["name"], set_={"name": _claim.excluded.name})
    .returning(ModelNameRow.id, ModelNameRow.user_id)
)  # fmt: skip
"""Commits without waiting for the disk: the row that refers to it is committed later and waits for both."""


@dataclass(frozen=True)
class Limits:
    """What this server allows at most: bare hyper-parameter key → value."""

    caps: dict[str, int] = field(default_factory=dict)


async def submit_training(
    command: SubmitTraining, tx: Tx, ids: Ids, catalog: Catalog, layout: Layout, limits: Limits
) -> Training:
    name = _checked_name(command, tx.actor)
    async with tx.db.raw() as connection:
        known = (await _LOOK_UP.rows(
            connection, base=command.base_model_stac_id, dataset=command.dataset_stac_id, name=name
        ))[0]  # fmt: skip
    base, declared = await _base(command.base_model_stac_id, known, tx, catalog)
    dataset_id, data = await _dataset(command, known, tx, catalog, layout)
    _refuse_foreign_name(known["name_user"], tx.actor)
    _check(base, data, declared, command.overrides, limits)
    start = command.start_from
    weights = None if start is None else await ask_for_weights(start, base.entrypoint, tx, catalog)
    local_model = known["name_id"] or await _claimed(name, command.base_model_stac_id, tx)
    if command.alone:
        await refuse_second(local_model, tx)
    hyperparameters = declared.merged(command.overrides)
    row = _row(command, tx.actor) | {
        "id": await ids.next(TrainingRow), "local_model": local_model, "model_name": name, "dataset": dataset_id,
        "hyperparameters": hyperparameters, "start_from": start, "weights_uri": weights,
        "plan": domain.plan(base, data, name, hyperparameters, weights).as_json() if data else waiting.UNPLANNED,
    }  # fmt: skip
    return _begin(row, tx)


def _checked_name(command: SubmitTraining, actor: Actor) -> str:
    if actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to train a model.")
    wrong = domain.texts_at_fault(
        command.base_model_stac_id, command.dataset_stac_id, command.model_name, command.title, command.keywords
    )
    if wrong:
        raise Invalid("invalid_request", "Some fields are not valid.", **wrong)
    return domain.model_slug(command.model_name)


async def _base(stac_id: str, known: dict[str, Any], tx: Tx, catalog: Catalog) -> tuple[domain.Base, Declared]:
    facts = known["base_facts"]
    if not (facts and _may_see(known["base_visibility"], known["base_user"], tx.actor)):
        facts = (await ask_for_base_model(stac_id, tx, catalog)).facts.model_dump()
    return domain.base_of(stac_id, facts), Declared(facts["hyperparameters"], facts["hyperparameters_spec"])


async def _dataset(
    command: SubmitTraining, known: dict[str, Any], tx: Tx, catalog: Catalog, layout: Layout
) -> tuple[int, domain.Labelled | None]:
    """None for a dataset that is still being built, where that is good enough."""
    stac_id = command.dataset_stac_id
    usable = known["facts"] and not known["deleted"] and _may_see(known["visibility"], known["user_id"], tx.actor)
    row = known if usable else await ask_for_dataset(stac_id, tx, catalog, layout, command.when_built)
    facts = row["facts"] or await waiting.facts_under_lock(stac_id, tx)
    return row["dataset_id"], domain.Labelled(stac_id, **facts) if facts else None


def _may_see(visibility: str, owner: int, actor: Actor) -> bool:
    return visibility == "public" or actor.owns(owner)


def _refuse_foreign_name(owner: int | None, actor: Actor) -> None:
    if owner is not None and not actor.owns(owner):
        raise Forbidden("model_name_taken", "A model of this name is owned by another user.")


def _check(
    base: domain.Base, data: domain.Labelled | None, declared: Declared, overrides: dict, limits: Limits
) -> None:
    if reasons := domain.incompatibilities(base, data) if data else []:
        raise Invalid("incompatible", " ".join(reasons), dataset_stac_id=reasons)
    if complaints := declared.complaints(overrides, limits.caps):
        raise Invalid("invalid_overrides", " ".join(complaints), overrides=complaints)


async def _claimed(name: str, base: str, tx: Tx) -> int:
    """The id of the name, which somebody else may have taken a moment ago."""
    async with tx.db.raw() as connection:
        row = (await _CLAIM.rows(connection, name=name, user_id=tx.actor.id, base=base))[0]
    _refuse_foreign_name(row["user_id"], tx.actor)
    return row["id"]


def _row(command: SubmitTraining, actor: Actor) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "base_model_stac_id": command.base_model_stac_id, "dataset_stac_id": command.dataset_stac_id,
        "overrides": command.overrides, "title": command.title, "keywords": domain.unique(command.keywords),
        "description": command.description, "status": "initializing", "user_id": actor.id,
        "username": actor.username, "submitted_at": now, "queued_at": now,
    }  # fmt: skip


def _begin(row: dict[str, Any], tx: Tx) -> Training:
    tx.insert(TrainingRow, **row)
    if row["plan"]:
        tx.emit(TrainingJob(training_id=row["id"], attempt=1, user_id=tx.actor.id))
    event = {key: row[key] for key in ("user_id", "model_name", "local_model", "username", "base_model_stac_id",
                                       "dataset_stac_id")}  # fmt: skip
    tx.emit(TrainingSubmitted(training_id=row["id"], **event))
    user = CompactUser(osm_id=tx.actor.id, username=tx.actor.username)
    return Training(**{**row, "zenml_run_id": None, "user": user, "last_polled_at": None})
