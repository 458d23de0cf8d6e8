from contracts.catalog import datasets as d
from contracts.catalog import label_datasets
from contracts.catalog import models as m
from contracts.gateway import UserChanged
from kit.messaging.router import Router
from training.projections import usecases

router = Router("training")
router.on(m.BaseModelRegistered)(usecases.project_base_model)
router.on(d.DatasetChanged)(usecases.project_dataset_change)
router.on(d.DatasetDeleted)(usecases.project_dataset_change)
router.on(label_datasets.LabelDatasetRegistered)(usecases.project_label_dataset)
router.on(UserChanged)(usecases.project_user)
