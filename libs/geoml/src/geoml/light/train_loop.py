"""The training loop."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from geoml.light.classifier import CLASSES, Model
from geoml.light.sampling import PixelSampler
from geoml.plugin import OnEpoch
from geoml.session import Session
from geoml.time_budget import TrainingBudget
from geoml.warning_filters import ignore_warning

VALIDATION_SAMPLES = 40_000
BATCHES = 16
"""in one call of scikit-learn, which checks its input in each: for a single batch that takes as long as learning."""


@dataclass(frozen=True)
class Plan:
    """`epochs` of `samples` samples in batches of `batch_size`; the budget counts epochs."""

    epochs: int
    samples: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    seed: int
    budget: TrainingBudget


def fit(
    model: Model, bank: Session, training: PixelSampler, validation: PixelSampler, plan: Plan, on_epoch: OnEpoch
) -> Model:
    """Returns the model with its perceptron trained; bank and standardisation are kept. `on_epoch` may raise.

    `bank` runs the filters of the model.
    """
    rng = np.random.default_rng(plan.seed)
    held = _standardised(model, *validation.sample(bank, VALIDATION_SAMPLES, rng))
    learner = _learner(model, plan)
    for epoch in range(plan.epochs):
        features, classes = _standardised(model, *_shuffled(rng, *training.sample(bank, plan.samples, rng)))
        _epoch(learner, features, classes, plan, epoch)
        val_loss = log_loss(held[1], learner.predict_proba(held[0]), labels=range(CLASSES))
        progress = plan.budget.progress(epoch + 1)
        on_epoch(epoch + 1, float(learner.loss_), val_loss, progress)
        if progress >= 1:
            break
    return Model(model.bank, model.mean, model.spread, learner.coefs_, learner.intercepts_)


def _learner(model: Model, plan: Plan) -> MLPClassifier:
    """Returns a learner with the model's weights; a first call makes it allocate the arrays that are set then."""
    hidden = [len(bias) for bias in model.biases[:-1]]
    options = {"alpha": plan.weight_decay, "batch_size": plan.batch_size, "shuffle": False, "random_state": plan.seed}
    learner = MLPClassifier(hidden, **options)  # type: ignore[arg-type]
    _learn(learner, np.zeros((CLASSES, len(model.mean)), np.float32), np.arange(CLASSES))
    for own, given in zip([*learner.coefs_, *learner.intercepts_], [*model.weights, *model.biases], strict=True):
        own[...] = given
    return learner


def _epoch(learner: MLPClassifier, features: NDArray, classes: NDArray, plan: Plan, epoch: int) -> None:
    each = BATCHES * plan.batch_size
    for start in range(0, len(features), each):
        progress = plan.budget.progress(epoch + start / len(features))
        if progress >= 1:
            break
        learner._optimizer.learning_rate_init = plan.learning_rate * (1 - progress)
        _learn(learner, features[start : start + each], classes[start : start + each])


def _learn(learner: MLPClassifier, features: NDArray, classes: NDArray) -> None:
    """One step for each batch. There may be fewer samples than one has, which scikit-learn warns about."""
    with ignore_warning(UserWarning):
        learner.partial_fit(features, classes, classes=range(CLASSES))


def _shuffled(rng: np.random.Generator, features: NDArray, classes: NDArray) -> tuple[NDArray, NDArray]:
    order = rng.permutation(len(features))
    return features[order], classes[order]


def _standardised(model: Model, features: NDArray, classes: NDArray) -> tuple[NDArray, NDArray]:
    """Writes into `features`, which are large."""
    features -= model.mean
    features /= model.spread
    return features, classes


def standardisation(session: Session, samples: PixelSampler, seed: int) -> tuple[NDArray, NDArray]:
    """Returns mean and standard deviation [CHANNELS] of the features; a constant feature has the deviation 1."""
    features, _ = samples.sample(session, VALIDATION_SAMPLES, np.random.default_rng(seed))
    spread = features.std(axis=0)
    return features.mean(axis=0), np.where(spread > 1e-6, spread, 1).astype(np.float32)
