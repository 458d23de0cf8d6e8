from contracts import training as c
from contracts.catalog import datasets as d
from contracts.catalog import models as m
from contracts.training import CloneTraining, SubmitTraining, Training
from kit.db.ids import IdAllocator
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.storage.port import ObjectStore
from training.projections.usecases import project_dataset
from training.runs.quota import Limits
from training.submissions import model_cards, pending_dataset, usecases
from training.submissions.clone import as_submission

router = Router("training")
router.on(m.LocalModelChanged)(model_cards.set_visibility)
router.on(m.LocalModelPublished)(model_cards.set_visibility)
router.on(d.DatasetBuildFailed)(pending_dataset.fail_pending)


@router.on(d.DatasetBuilt)
async def on_dataset_built(event: d.DatasetBuilt, tx: Tx) -> None:
    await pending_dataset.start_pending(event, project_dataset(event, tx), tx)


@router.on(SubmitTraining, http=202)
async def submit_training(
    command: SubmitTraining, tx: Tx, ids: IdAllocator, bus: Bus, storage: ObjectStore, limits: Limits
) -> Training:
    return await usecases.submit_training(command, tx, ids, bus, storage, limits)


@router.on(c.DraftModel, http=201)
async def draft_model(command: c.DraftModel, tx: Tx, bus: Bus) -> c.ModelCard:
    return await model_cards.draft_model(command, tx, bus)


@router.on(c.ChangeModelCard)
async def change_model_card(command: c.ChangeModelCard, tx: Tx, bus: Bus) -> c.ModelCard:
    return await model_cards.change_card(command, tx, bus)


@router.on(c.DeleteModel, http=204)
async def delete_model(command: c.DeleteModel, tx: Tx) -> None:
    await model_cards.delete_model(command, tx)


@router.on(c.GetModelCard)
async def get_model_card(query: c.GetModelCard, read: ReadTx) -> c.ModelCard:
    return await model_cards.get_card(query, read)


@router.on(CloneTraining, http=202)
async def clone_training(
    command: CloneTraining, tx: Tx, ids: IdAllocator, bus: Bus, storage: ObjectStore, limits: Limits
) -> Training:
    return await usecases.submit_training(await as_submission(command, tx), tx, ids, bus, storage, limits)
