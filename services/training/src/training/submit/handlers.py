from contracts import training as c
from contracts.catalog import datasets as d
from contracts.catalog import models as m
from contracts.gateway import UserChanged
from contracts.training import CloneTraining, SubmitTraining, Training
from kit.ids import Ids
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.storage import Storage
from training.submit import cards, known, usecases, waiting
from training.submit.clone import as_submission

router = Router("training")
router.on(m.BaseModelRegistered)(known.keep_base_model)
router.on(m.LocalModelChanged)(known.keep_local_model)
router.on(m.LocalModelPublished)(known.keep_local_model)
router.on(d.DatasetBuilt)(known.keep_dataset)
router.on(d.DatasetBuildFailed)(waiting.fail)
router.on(d.DatasetChanged)(known.keep_dataset_change)
router.on(d.DatasetDeleted)(known.keep_dataset_change)
router.on(UserChanged)(known.keep_user)


@router.on(SubmitTraining, http=202)
async def submit_training(
    command: SubmitTraining, tx: Tx, ids: Ids, bus: Bus, storage: Storage, limits: usecases.Limits
) -> Training:
    return await usecases.submit_training(command, tx, ids, bus, storage, limits)


@router.on(c.DraftModel, http=201)
async def draft_model(command: c.DraftModel, tx: Tx, bus: Bus) -> c.ModelCard:
    return await cards.draft_model(command, tx, bus)


@router.on(c.ChangeModelCard)
async def change_model_card(command: c.ChangeModelCard, tx: Tx, bus: Bus) -> c.ModelCard:
    return await cards.change_card(command, tx, bus)


@router.on(c.DeleteModel, http=204)
async def delete_model(command: c.DeleteModel, tx: Tx) -> None:
    await cards.delete_model(command, tx)


@router.on(c.GetModelCard)
async def get_model_card(query: c.GetModelCard, read: ReadTx) -> c.ModelCard:
    return await cards.get_card(query, read)


@router.on(CloneTraining, http=202)
async def clone_training(
    command: CloneTraining, tx: Tx, ids: Ids, bus: Bus, storage: Storage, limits: usecases.Limits
) -> Training:
    return await usecases.submit_training(await as_submission(command, tx), tx, ids, bus, storage, limits)
