"""The training loop."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from models.rooftop_light.classifier import CLASSES, Model, bank_onnx
from models.rooftop_light.pixels import Pixels
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from geoml.budget import Budget
from geoml.quiet import silence
from geoml.session import Session, open_session

VALIDATION_PIXELS = 40_000
OnEpoch = Callable[[int, float, float], None]


@dataclass(frozen=True)
class Plan:
    """`epochs` over `pixels` each in steps of `batch_size`; the budget counts epochs."""

    epochs: int
    pixels: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    seed: int
    budget: Budget


def train(model: Model, training: Pixels, validation: Pixels, plan: Plan, on_epoch: OnEpoch) -> Model:
    """The perceptron trained on, bank and standardisation as they are; `on_epoch` may raise to stop."""
    rng, session = np.random.default_rng(plan.seed), open_session(bank_onnx(model.bank))
    held = _standard(model, *validation.draw(session, VALIDATION_PIXELS, rng))
    learner = _learner(model, plan)
    for epoch in range(plan.epochs):
        features, classes = _standard(model, *training.draw(session, plan.pixels, rng))
        _epoch(learner, features, classes, plan, epoch, rng)
        on_epoch(
            epoch + 1, float(learner.loss_), log_loss(held[1], learner.predict_proba(held[0]), labels=range(CLASSES))
        )
        if plan.budget.done(epoch + 1) >= 1:
            break
    return Model(model.bank, model.mean, model.spread, learner.coefs_, learner.intercepts_)


def _learner(model: Model, plan: Plan) -> MLPClassifier:
    """A learner that stands where the model stands: the first call only makes it allocate, then its weights are set."""
    hidden = [len(bias) for bias in model.biases[:-1]]
    learner = MLPClassifier(hidden, alpha=plan.weight_decay, batch_size=plan.batch_size, random_state=plan.seed)
    _learn(learner, np.zeros((CLASSES, len(model.mean)), np.float32), np.arange(CLASSES))
    for own, given in zip([*learner.coefs_, *learner.intercepts_], [*model.weights, *model.biases], strict=True):
        own[...] = given
    return learner


def _epoch(
    learner: MLPClassifier, features: NDArray, classes: NDArray, plan: Plan, epoch: int, rng: np.random.Generator
) -> None:
    order = rng.permutation(len(features))
    starts = range(0, len(order), plan.batch_size)
    for start in starts:
        done = plan.budget.done(epoch + start / len(order))
        if done >= 1:
            break
        learner._optimizer.learning_rate_init = plan.learning_rate * (1 - done)
        batch = order[start : start + plan.batch_size]
        _learn(learner, features[batch], classes[batch])


def _learn(learner: MLPClassifier, features: NDArray, classes: NDArray) -> None:
    """One step; a batch smaller than `batch_size` is expected (the last of an epoch) and no cause for a warning."""
    with silence(UserWarning):
        learner.partial_fit(features, classes, classes=range(CLASSES))


def _standard(model: Model, features: NDArray, classes: NDArray) -> tuple[NDArray, NDArray]:
    return (features - model.mean) / model.spread, classes


def standardisation(session: Session, pixels: Pixels, seed: int) -> tuple[NDArray, NDArray]:
    """Mean and spread of the features over some pixels; a feature that never changes has spread one."""
    features, _ = pixels.draw(session, VALIDATION_PIXELS, np.random.default_rng(seed))
    spread = features.std(axis=0)
    return features.mean(axis=0), np.where(spread > 1e-6, spread, 1).astype(np.float32)
