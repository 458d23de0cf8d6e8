"""What happens to a training after it was submitted."""

import math
from typing import Any

from contracts.training import (
    CancelRun,
    DeleteTraining,
    ReportEpoch,
    ReportRun,
    RetryTraining,
    Training,
    TrainingDeleted,
)
from kit.errors import Conflict, Forbidden, Invalid
from kit.jobs.waiting import noted
from kit.messaging.tx import Tx
from runs.lifecycle import Finished, NotFinished
from runs.transitions import ALREADY_FINISHED
from training.runs.presenter import training_view
from training.runs.quota import Limits
from training.runs.tables import EpochRow, TrainingRow
from training.runs.transitions import TRAININGS, lock_by_run_id, lock_run, send_job
from training.runs.visibility import require_owner


async def record_wait(training_id: int, attempt: int, reason: str, tx: Tx) -> None:
    """What the attempt waits for before it can go on, or before the next one can begin."""
    row = await TRAININGS.lock_attempt(training_id, attempt, tx)
    if row is not None and not TRAININGS.lifecycle(row).is_terminal:
        row.waiting = noted(row.waiting, reason)


async def report_run(command: ReportRun, tx: Tx) -> dict[str, Any]:
    """Reports of older attempts and late ones change nothing."""
    _only_services(tx)
    row = await lock_run(command.training_id, tx)
    after = TRAININGS.lifecycle(row).reported(command.attempt, command.status, command.run_id)
    TRAININGS.apply(row, after, tx, command.reason)
    return {"training_id": command.training_id, "status": after.status, "attempt": after.attempt}


async def report_epoch(command: ReportEpoch, tx: Tx) -> dict[str, Any]:
    _only_services(tx)
    row = await lock_run(command.training_id, tx)
    if row.attempt == command.attempt:
        record_epoch(command, tx)
    return {"training_id": row.id, "attempt": row.attempt}


def record_epoch(sample: ReportEpoch, tx: Tx) -> None:
    """NaN and infinities, which JSON cannot hold, are null."""
    values = {
        key: value if value is not None and math.isfinite(value) else None for key, value in sample.values.items()
    }
    tx.upsert(
        EpochRow, ["training_id", "attempt", "epoch"], training_id=sample.training_id, attempt=sample.attempt,
        epoch=sample.epoch, epochs=sample.epochs, values=values,
    )  # fmt: skip


def _only_services(tx: Tx) -> None:
    if "service" not in tx.actor.roles:
        raise Forbidden("not_a_service", "Only services report on runs.")


async def cancel_run(command: CancelRun, tx: Tx) -> dict[str, Any]:
    row = await _to_cancel(command, tx)
    TRAININGS.cancel(row, command.graceful, tx)
    return {"run_id": row.zenml_run_id, "training_id": row.id, "status": row.status, "graceful": row.graceful}


async def _to_cancel(command: CancelRun, tx: Tx) -> TrainingRow:
    if command.run_id is not None:
        row = await lock_by_run_id(command.run_id, tx)
        await _require_owner(row, tx)
        TRAININGS.require_current(row, command.run_id)
        return row
    if command.training_id is not None:
        row = await lock_run(command.training_id, tx)
        await _require_owner(row, tx)
        return row
    raise Invalid("no_run", "Name a run or a training.", run_id=["This field is required."])


async def retry_training(command: RetryTraining, tx: Tx, limits: Limits) -> Training:
    row = await lock_run(command.training_id, tx)
    await _require_owner(row, tx)
    if not row.plan:
        raise Conflict("dataset_not_built", "Its dataset was not built. Build it, then submit a new training.")
    try:
        after = TRAININGS.lifecycle(row).retry()
    except Finished as error:
        raise Conflict(ALREADY_FINISHED, str(error)) from error
    except NotFinished as error:
        raise Conflict("RUN_NOT_FINISHED", str(error)) from error
    limits.ensure_room(row.user_id, row.id, tx)
    TRAININGS.apply(row, after, tx)
    return training_view(row)


async def delete_training(command: DeleteTraining, tx: Tx) -> None:
    row = await lock_run(command.training_id, tx)
    await _require_owner(row, tx)
    if not TRAININGS.lifecycle(row).is_terminal:
        raise Conflict("RUN_NOT_FINISHED", f"Only a training that has ended can be deleted; it is {row.status}.")
    await delete_run(row, tx)


async def delete_run(row: TrainingRow, tx: Tx) -> None:
    fact = {"training_id": row.id, "user_id": row.user_id, "model_name": row.model_name}
    tx.emit(TrainingDeleted(**fact, dataset_stac_id=row.dataset_stac_id))
    await tx.session.delete(row)


async def _require_owner(row: TrainingRow, tx: Tx) -> None:
    await require_owner(row.id, row.user_id, tx.session, tx.actor)


async def requeue(training_id: int, attempt: int, tx: Tx) -> None:
    """Sends the job of a run once more that nobody works on; a worker that takes it finds the run by its name."""
    row = await TRAININGS.lock_attempt(training_id, attempt, tx)
    if row is not None and not TRAININGS.lifecycle(row).is_terminal:
        send_job(row, tx)
