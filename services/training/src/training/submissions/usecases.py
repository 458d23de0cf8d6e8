"""Submitting a training. Two round trips to the database in all: one look-up, one write."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import insert

from contracts.shared import Actor, CompactUser
from contracts.training import SubmitTraining, Training, TrainingJob, TrainingSubmitted
from kit.db.ids import IdAllocator
from kit.db.sql import CompiledQuery
from kit.errors import Forbidden, Invalid, Unauthenticated
from kit.messaging.tx import Tx
from training.projections.fetch import Catalog, StorageLayout, fetch_base_model, fetch_dataset, fetch_weights
from training.projections.tables import KnownBaseModel, KnownDataset
from training.runs.quota import Limits
from training.runs.tables import ModelNameRow, TrainingRow
from training.submissions import domain
from training.submissions.compatibility import incompatibility_reasons
from training.submissions.exclusive_run import ensure_exclusive
from training.submissions.hyperparameters import Declared
from training.submissions.model_names import ModelName, choose_name, read_name
from training.submissions.pending_dataset import UNPLANNED, details_under_lock

_one = select(literal(1).label("one")).subquery()
_names = (
    select(func.jsonb_agg(func.jsonb_build_object(
        "id", ModelNameRow.id, "name", ModelNameRow.name, "user_id", ModelNameRow.user_id,
        "spelling", ModelNameRow.spelling,
    )).label("found"))
    .where(or_(ModelNameRow.name == bindparam("name"), ModelNameRow.name == bindparam("apart")))
    .subquery()
)  # fmt: skip
_LOOK_UP = CompiledQuery(
    select(
        KnownBaseModel.facts.label("base_facts"), KnownBaseModel.user_id.label("base_user"),
        KnownBaseModel.visibility.label("base_visibility"), KnownDataset.facts, KnownDataset.dataset_id,
        KnownDataset.user_id, KnownDataset.visibility, KnownDataset.deleted,
        _names.c.found.label("names"),
    )
    .select_from(_one)
    .outerjoin(KnownBaseModel, KnownBaseModel.stac_item_id == bindparam("base"))
    .outerjoin(KnownDataset, KnownDataset.stac_id == bindparam("dataset"))
    .outerjoin(_names, true())
)  # fmt: skip

_quick = select(func.set_config("synchronous_commit", "off", True).label("unused")).cte("quick")
_claim = insert(ModelNameRow).from_select(
    ["name", "spelling", "user_id", "base_model_stac_id"],
    select(
        bindparam("name", type_=Text),
        bindparam("spelling", type_=Text),
        bindparam("user_id", type_=BigInteger),
        bindparam("base", type_=Text),
    ).select_from(_quick),
)
_CLAIM = CompiledQuery(
    _claim.on_conflict_do_update(index_elements=["name"], set_={"name": _claim.excluded.name})
    .returning(ModelNameRow.id, ModelNameRow.name, ModelNameRow.user_id, ModelNameRow.spelling)
)  # fmt: skip
"""Commits without waiting for the disk: the row that refers to it is committed later and waits for both."""


async def submit_training(
    command: SubmitTraining, tx: Tx, ids: IdAllocator, catalog: Catalog, layout: StorageLayout, limits: Limits
) -> Training:
    wanted = _checked_name(command, tx.actor)
    async with tx.db.raw() as connection:
        known = (await _LOOK_UP.rows(
            connection, base=command.base_model_stac_id, dataset=command.dataset_stac_id, name=wanted.slug,
            apart=wanted.apart,
        ))[0]  # fmt: skip
    base, declared = await _base(command.base_model_stac_id, known, tx, catalog)
    dataset_id, data = await _dataset(command, known, tx, catalog, layout)
    taken = choose_name(known["names"] or [], wanted)
    _refuse_foreign_name(taken, tx.actor)
    _check(base, data, declared, command.overrides, limits)
    start = command.start_from
    weights = None if start is None else await fetch_weights(start, base.entrypoint, tx, catalog)
    named = taken or await _claimed(wanted, command.base_model_stac_id, tx)
    name, local_model = named["name"], named["id"]
    if command.alone:
        await ensure_exclusive(local_model, tx)
    hyperparameters = declared.merged(command.overrides)
    row = _row(command, tx.actor) | {
        "id": await ids.next(TrainingRow), "local_model": local_model, "model_name": name, "dataset": dataset_id,
        "hyperparameters": hyperparameters, "start_from": start, "weights_uri": weights,
        "plan": domain.plan(base, data, name, hyperparameters, weights).as_json() if data else UNPLANNED,
    }  # fmt: skip
    limits.ensure_room(row["user_id"], row["id"], tx)
    return _begin(row, tx)


def _checked_name(command: SubmitTraining, actor: Actor) -> ModelName:
    if actor.is_anonymous:
        raise Unauthenticated("login_required", "Log in to train a model.")
    wrong = domain.field_errors(
        command.base_model_stac_id, command.dataset_stac_id, command.model_name, command.title, command.keywords
    )
    if wrong:
        raise Invalid("invalid_request", "Some fields are not valid.", **wrong)
    return read_name(command.model_name)


async def _base(
    stac_id: str, known: dict[str, Any], tx: Tx, catalog: Catalog
) -> tuple[domain.BaseModelSummary, Declared]:
    facts = known["base_facts"]
    if not (facts and _may_see(known["base_visibility"], known["base_user"], tx.actor)):
        facts = (await fetch_base_model(stac_id, tx, catalog)).facts.model_dump()
    return domain.base_model_summary(stac_id, facts), Declared(facts["hyperparameters"], facts["hyperparameters_spec"])


async def _dataset(
    command: SubmitTraining, known: dict[str, Any], tx: Tx, catalog: Catalog, layout: StorageLayout
) -> tuple[int, domain.DatasetSummary | None]:
    """None for a dataset that is still being built, where that is good enough."""
    stac_id = command.dataset_stac_id
    usable = known["facts"] and not known["deleted"] and _may_see(known["visibility"], known["user_id"], tx.actor)
    row = known if usable else await fetch_dataset(stac_id, tx, catalog, layout, command.when_built)
    facts = row["facts"] or await details_under_lock(stac_id, tx)
    return row["dataset_id"], domain.DatasetSummary(stac_id, **facts) if facts else None


def _may_see(visibility: str, owner: int, actor: Actor) -> bool:
    return visibility == "public" or actor.owns(owner)


def _refuse_foreign_name(taken: dict[str, Any] | None, actor: Actor) -> None:
    if taken and not actor.owns(taken["user_id"]):
        raise Forbidden("model_name_taken", "A model of this name is owned by another user.")


def _check(
    base: domain.BaseModelSummary,
    data: domain.DatasetSummary | None,
    declared: Declared,
    overrides: dict,
    limits: Limits,
) -> None:
    if reasons := incompatibility_reasons(base, data, declared.merged(overrides)) if data else []:
        raise Invalid("incompatible", " ".join(reasons), dataset_stac_id=reasons)
    if complaints := declared.complaints(overrides, limits.caps):
        raise Invalid("invalid_overrides", " ".join(complaints), overrides=complaints)


async def _claimed(wanted: ModelName, base: str, tx: Tx) -> dict[str, Any]:
    """The row of the name, which somebody else may have taken a moment ago."""
    values = {"spelling": wanted.spelling, "user_id": tx.actor.id, "base": base}
    async with tx.db.raw() as connection:
        row = (await _CLAIM.rows(connection, name=wanted.slug, **values))[0]
        if choose_name([row], wanted) is None:
            row = (await _CLAIM.rows(connection, name=wanted.apart, **values))[0]
    _refuse_foreign_name(row, tx.actor)
    return row


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
