"""The first generation of the API, for clients that still speak it: the one place of its paths.

Each module translates the routes of one aggregate onto the messages of today; what v1 could do and v3 could not is an
ordinary feature of its owner. Delete this folder and its line in `gateway.app`, and v1 is gone.
"""

from gateway.v1 import (
    aois,
    auth,
    banners,
    centroids,
    datasets,
    features,
    feedback,
    feedback_areas,
    feedback_training,
    labels,
    live,
    mapswipe,
    models,
    notifications,
    people,
    predictions,
    tasks,
    training_submit,
    trainings,
    workspace,
)

MODULES = (
    datasets, aois, labels, models, centroids, tasks, trainings, training_submit, predictions, live, mapswipe, feedback,
    feedback_areas, feedback_training, features, workspace, people, notifications, banners, auth,
)  # fmt: skip
