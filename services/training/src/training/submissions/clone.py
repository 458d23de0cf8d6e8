"""A training like another one, by whoever may see that one."""

from contracts.training import CloneTraining, SubmitTraining
from kit.errors import NotFound
from kit.messaging.tx import Tx
from training.runs.tables import TrainingRow
from training.runs.visibility import is_visible


async def as_submission(command: CloneTraining, tx: Tx) -> SubmitTraining:
    """NotFound for what the caller may not see; everything else is judged as if it were submitted anew."""
    row = await tx.session.get(TrainingRow, command.training_id)
    if row is None or not await is_visible(row.id, tx.session, tx.actor):
        raise NotFound("training_not_found", "There is no such training.")
    return SubmitTraining(
        base_model_stac_id=row.base_model_stac_id, dataset_stac_id=row.dataset_stac_id,
        model_name=command.model_name or row.model_name,
        overrides=row.overrides if command.overrides is None else command.overrides,
        title=row.title, keywords=row.keywords, description=row.description, start_from=row.start_from,
    )  # fmt: skip
