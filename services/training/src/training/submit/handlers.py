from contracts.catalog import datasets as d
from contracts.catalog import models as m
from contracts.gateway import UserChanged
from contracts.training import SubmitTraining, Training
from kit.ids import Ids
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from kit.storage import Storage
from training.submit import known, usecases

router = Router("training")
router.on(m.BaseModelRegistered)(known.keep_base_model)
router.on(m.LocalModelChanged)(known.keep_local_model)
router.on(m.LocalModelPublished)(known.keep_local_model)
router.on(d.DatasetBuilt)(known.keep_dataset)
router.on(d.DatasetChanged)(known.keep_dataset_change)
router.on(d.DatasetDeleted)(known.keep_dataset_change)
router.on(UserChanged)(known.keep_user)


@router.on(SubmitTraining, http=202)
async def submit_training(
    command: SubmitTraining, tx: Tx, ids: Ids, bus: Bus, storage: Storage, limits: usecases.Limits
) -> Training:
    return await usecases.submit_training(command, tx, ids, bus, storage, limits)
