"""Reads trainings, their epochs, and what is published of them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, Select, Text, bindparam, case, cast, func, or_, select

from contracts.shared import CompactUser
from contracts.training import GetEpochs, GetPublishable, ListTrainings, Publishable
from contracts.training.usage import GetUsage
from contracts.usage import UsageLimits, UsageReport
from kit.db.sql import CompiledQuery
from kit.errors import Conflict, Invalid, NotFound
from kit.messaging.tx import ReadTx
from runs.usage_queries import usage_report
from training.projections.tables import KnownUser
from training.runs.presenter import training_json
from training.runs.tables import EpochRow, ModelNameRow, TrainingRow, UsageRow
from training.runs.visibility import on_public_dataset, require_owner, visible_by_id, visible_to

_BY_ID = CompiledQuery(
    select(cast(training_json(), Text).label("body"), TrainingRow.user_id, on_public_dataset.label("public"))
    .outerjoin(KnownUser, KnownUser.id == TrainingRow.user_id)
    .where(TrainingRow.id == bindparam("training_id"))
)  # fmt: skip
_SHOWN = select(cast(training_json(), Text)).outerjoin(KnownUser, KnownUser.id == TrainingRow.user_id)
_sample = func.jsonb_build_object(
    "epoch", EpochRow.epoch, "epochs", EpochRow.epochs, "values", EpochRow.values, "at", EpochRow.at
)
_EPOCHS = CompiledQuery(
    select(func.coalesce(func.jsonb_agg(_sample.op("ORDER BY")(EpochRow.epoch)), func.jsonb_build_array()))
    .join(TrainingRow, (TrainingRow.id == EpochRow.training_id) & (TrainingRow.attempt == EpochRow.attempt))
    .where(TrainingRow.id == bindparam("training_id"))
)  # fmt: skip
ACCURACIES = ("accuracy", "categorical_accuracy", "mean_iou", "map50")
"""The first metric that a run has says how good it is."""
MAX_ID_DIGITS = 18


def _number(name: str) -> ColumnElement[float | None]:
    """A metric as a number; null where it is not defined, or is a text or several numbers."""
    metric = TrainingRow.outcome["metrics"][name]
    return case((func.jsonb_typeof(metric) == "number", cast(metric.astext, Float)))


ORDERINGS: dict[str, Any] = {
    name: getattr(TrainingRow, name)
    for name in ("submitted_at", "last_polled_at", "id", "started_at", "ended_at", "local_model", "status")
} | {"accuracy": func.coalesce(*map(_number, ACCURACIES), -1)}


async def get_training(training_id: int, read: ReadTx) -> bytes:
    async with read.db.raw() as connection:
        rows = await _BY_ID.rows(connection, training_id=training_id)
    if not rows or not (rows[0]["public"] or read.actor.owns(rows[0]["user_id"])):
        raise NotFound("training_not_found", "There is no such training.")
    return rows[0]["body"].encode()


async def list_trainings(query: ListTrainings, read: ReadTx) -> bytes:
    """Returns the JSON of `contracts.shared.Rows`. Invalid for a filter by a model that is not there."""
    page = query.page
    given = query.status or query.statuses or page.search or page.ordering
    if given or query.user is not None or query.local_model is not None:
        return await _list_some(query, read)
    rows, count = _all(read.actor.is_admin, read.actor.is_anonymous)
    place = {"limit": page.limit, "offset": page.offset}
    async with read.db.raw() as connection:
        in_all = await count.value(connection, actor_id=read.actor.id)
        return _page(in_all, await rows.column(connection, actor_id=read.actor.id, **place))


@cache
def _all(everything: bool, anonymous: bool) -> tuple[CompiledQuery, CompiledQuery]:
    """The list without filters and its count: built anew they cost more than all else in this process."""
    visible = visible_by_id(bindparam("actor_id", type_=BigInteger), everything, anonymous)
    limit, offset = (bindparam(name, type_=BigInteger) for name in ("limit", "offset"))
    rows = _ordered(_SHOWN.where(visible), "").limit(limit).offset(offset)
    return CompiledQuery(rows), CompiledQuery(select(func.count()).select_from(TrainingRow).where(visible))


def _page(count: int, rows: Sequence[str]) -> bytes:
    return f'{{"count": {count}, "results": [{",".join(rows)}]}}'.encode()


async def _list_some(query: ListTrainings, read: ReadTx) -> bytes:
    await _known_model(query.local_model, read)
    filters = {"local_model": query.local_model, "user_id": query.user, "status": query.status}
    wanted = [getattr(TrainingRow, key) == value for key, value in filters.items() if value is not None]
    wanted += [TrainingRow.status.in_(query.statuses)] if query.statuses else []
    wanted += [_contains(word, query.page.by_id) for word in query.page.search.split()]
    wanted.append(visible_to(read.actor))
    count = await read.session.scalar(select(func.count()).select_from(TrainingRow).where(*wanted))
    page = _ordered(_SHOWN.where(*wanted), query.page.ordering)
    rows = await read.session.scalars(page.limit(query.page.limit).offset(query.page.offset))
    return _page(count or 0, rows.all())


async def _known_model(model_id: int | None, read: ReadTx) -> None:
    if model_id is not None and await read.session.get(ModelNameRow, model_id) is None:
        raise Invalid("unknown_model", "There is no such model.", local_model=["There is no such model."])


def _contains(word: str, by_id: bool) -> ColumnElement[bool]:
    texts = (TrainingRow.title, TrainingRow.description, TrainingRow.model_name)
    is_number = by_id and word.isdecimal() and len(word) <= MAX_ID_DIGITS
    number = [TrainingRow.id == int(word)] if is_number else []
    return or_(*(text.icontains(word, autoescape=True) for text in texts), *number)


def _ordered(statement: Select, ordering: str) -> Select:
    """Newest first unless told otherwise; unknown fields are ignored. The id makes pages stable."""
    for name in filter(None, ordering.split(",")):
        column = ORDERINGS.get(name.strip().lstrip("-"))
        if column is not None:
            statement = statement.order_by(column.desc() if name.strip().startswith("-") else column.asc())
    if not statement._order_by_clauses:
        statement = statement.order_by(TrainingRow.submitted_at.desc())
    return statement.order_by(TrainingRow.id.desc())


async def get_epochs(query: GetEpochs, read: ReadTx) -> list[dict[str, Any]]:
    await get_training(query.training_id, read)
    return await epochs(query.training_id, read)


async def epochs(training_id: int, read: ReadTx) -> list[dict[str, Any]]:
    async with read.db.raw() as connection:
        return await _EPOCHS.value(connection, training_id=training_id)


async def get_usage(query: GetUsage, read: ReadTx, limits: UsageLimits) -> UsageReport:
    return await usage_report(query, UsageRow, limits, read)


async def get_publishable(query: GetPublishable, read: ReadTx) -> Publishable:
    row = await read.session.get(TrainingRow, query.training_id)
    if row is None:
        raise NotFound("training_not_found", "There is no such training.")
    await require_owner(row.id, row.user_id, read.session, read.actor, "Not allowed.")
    if row.status != "completed" or not row.zenml_run_id or not row.outcome:
        raise Conflict("not_completed", f"Only a completed training can be published; this one is {row.status}.")
    facts = {key: value for key, value in row.outcome.items() if key != "outcome"}
    return Publishable(
        training_id=row.id, run_id=row.zenml_run_id, local_model=row.local_model, model_name=row.model_name,
        base_model_stac_id=row.base_model_stac_id, dataset_stac_id=row.dataset_stac_id,
        user=CompactUser(osm_id=row.user_id, username=row.username), title=row.title, description=row.description,
        keywords=row.keywords, hyperparameters=row.hyperparameters, epochs=await epochs(row.id, read), **facts,
    )  # fmt: skip
