"""The first generation of the API of fAIr, for clients that still use it.

Each module translates the routes of one resource to current messages. Features that only v1 had are ordinary features
of their owners. To remove v1, delete this folder and its line in `gateway.app`.
"""

from gateway.apis.fair_v1.accounts import (
    banners,
    notifications,
    osm_login,
    users,
)
from gateway.apis.fair_v1.data import (
    aois,
    datasets,
    features,
    labels,
    workspace,
)
from gateway.apis.fair_v1.models import centroids, models
from gateway.apis.fair_v1.runs import (
    feedback,
    feedback_areas,
    feedback_training,
    live,
    mapswipe,
    predictions,
    tasks,
    training_submit,
    trainings,
)

MODULES = (
    datasets, aois, labels, models, centroids, tasks, trainings, training_submit, predictions, live, mapswipe, feedback,
    feedback_areas, feedback_training, features, workspace, users, notifications, banners, osm_login,
)  # fmt: skip
