"""What happens to a training after it was submitted."""

import math
from dataclasses import replace
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
from kit.messaging.tx import Tx
from pipelines.states import Finished, Life, NotFinished
from training.runs.life import life_of, locked, locked_by_run, move, send_job
from training.runs.queries import refuse_strangers
from training.runs.view import view
from training.tables import EpochRow, TrainingRow


async def record(report: ReportRun, tx: Tx, outcome: dict[str, Any] | None = None) -> Life:
    """Where the training is afterwards. Reports of older attempts and late ones change nothing."""
    row = await locked(report.training_id, tx)
    after = life_of(row).hear(report.attempt, report.status, report.run_id)
    move(row, after, tx, report.reason, outcome)
    return after


async def lose(training_id: int, attempt: int, tx: Tx, reason: str = "", handed_over: bool = False) -> Life:
    """The worker of that attempt is gone, or goes in good order: the next attempt, or the end."""
    row = await locked(training_id, tx)
    life = life_of(row)
    if life.attempt == attempt:
        after = life.handed_over() if handed_over else life.lost()
        move(row, after, tx, reason)
        return after
    return life


async def report_run(command: ReportRun, tx: Tx) -> dict[str, Any]:
    _only_services(tx)
    after = await record(command, tx)
    return {"training_id": command.training_id, "status": after.status, "attempt": after.attempt}


async def report_epoch(command: ReportEpoch, tx: Tx) -> dict[str, Any]:
    _only_services(tx)
    row = await locked(command.training_id, tx)
    if row.attempt == command.attempt:
        keep_epoch(command, tx)
    return {"training_id": row.id, "attempt": row.attempt}


def keep_epoch(sample: ReportEpoch, tx: Tx) -> None:
    """NaN and infinities, which JSON cannot hold, are left out."""
    values = {key: value for key, value in sample.values.items() if math.isfinite(value)}
    tx.upsert(
        EpochRow, ["training_id", "attempt", "epoch"], training_id=sample.training_id, attempt=sample.attempt,
        epoch=sample.epoch, epochs=sample.epochs, values=values,
    )  # fmt: skip


def _only_services(tx: Tx) -> None:
    if "service" not in tx.actor.roles:
        raise Forbidden("not_a_service", "Only services report on runs.")


async def cancel_run(command: CancelRun, tx: Tx) -> dict[str, Any]:
    """Stops at once what no worker has yet; the rest is `stopping` until its worker or the reconciler has ended it."""
    row = await _to_cancel(command, tx)
    try:
        after = life_of(row).cancel()
    except Finished as error:
        raise Conflict("RUN_ALREADY_FINISHED", str(error)) from error
    row.graceful = command.graceful
    move(row, after, tx)
    return {"run_id": row.zenml_run_id, "training_id": row.id, "status": row.status, "graceful": row.graceful}


async def _to_cancel(command: CancelRun, tx: Tx) -> TrainingRow:
    if command.run_id is not None:
        row = await locked_by_run(command.run_id, tx)
        await _refuse_strangers(row, tx)
        if row.zenml_run_id != command.run_id:
            raise Conflict("RUN_ALREADY_FINISHED", "The run is already finished: it was retried.")
        return row
    if command.training_id is not None:
        row = await locked(command.training_id, tx)
        await _refuse_strangers(row, tx)
        return row
    raise Invalid("no_run", "Name a run or a training.", run_id=["This field is required."])


async def retry_training(command: RetryTraining, tx: Tx) -> Training:
    row = await locked(command.training_id, tx)
    await _refuse_strangers(row, tx)
    if not row.plan:
        raise Conflict("dataset_not_built", "Its dataset was not built. Build it, then submit a new training.")
    try:
        after = life_of(row).retry()
    except Finished as error:
        raise Conflict("RUN_ALREADY_FINISHED", str(error)) from error
    except NotFinished as error:
        raise Conflict("RUN_NOT_FINISHED", str(error)) from error
    move(row, after, tx)
    return view(row)


async def delete_training(command: DeleteTraining, tx: Tx) -> None:
    row = await locked(command.training_id, tx)
    await _refuse_strangers(row, tx)
    if not life_of(row).is_terminal:
        raise Conflict("RUN_NOT_FINISHED", f"Only a training that has ended can be deleted; it is {row.status}.")
    await forget(row, tx)


async def forget(row: TrainingRow, tx: Tx) -> None:
    fact = {"training_id": row.id, "user_id": row.user_id, "model_name": row.model_name}
    tx.emit(TrainingDeleted(**fact, dataset_stac_id=row.dataset_stac_id))
    await tx.session.delete(row)


async def _refuse_strangers(row: TrainingRow, tx: Tx) -> None:
    await refuse_strangers(row.id, row.user_id, tx.session, tx.actor)


async def requeue(training_id: int, attempt: int, tx: Tx) -> None:
    """Sends the job of a run once more that nobody works on; a worker that takes it finds the run by its name."""
    row = await locked(training_id, tx)
    if row.attempt == attempt and not life_of(row).is_terminal:
        send_job(row, tx)


async def end_stopping(training_id: int, attempt: int, tx: Tx) -> Life:
    """A run that was to be stopped and has no worker that could say that it is."""
    row = await locked(training_id, tx)
    life = life_of(row)
    after = replace(life, status="stopped") if (life.status, life.attempt) == ("stopping", attempt) else life
    move(row, after, tx)
    return after
