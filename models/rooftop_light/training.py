"""The training loop."""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from geoml.session import Session, open_session
from numpy.typing import NDArray
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from models.rooftop_light.classifier import CLASSES, Model, bank_onnx
from models.rooftop_light.pixels import Pixels

VALIDATION_PIXELS = 40_000
OnEpoch = Callable[[int, float, float], None]


@dataclass(frozen=True)
class Plan:
    """`epochs` over `pixels` each in steps of `batch_size`, or until `max_minutes` of wall time."""

    epochs: int
    pixels: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    max_minutes: float
    seed: int
    started: float = field(default_factory=time.monotonic)

    def done(self, epoch: float) -> float:
        """0…1, the further of the two limits."""
        minutes = (time.monotonic() - self.started) / 60
        return min(1.0, max(epoch / self.epochs, minutes / self.max_minutes))


def train(model: Model, training: Pixels, validation: Pixels, plan: Plan, on_epoch: OnEpoch) -> Model:
    """The perceptron trained on, bank and standardisation as they are; `on_epoch` may raise to stop."""
    rng, session = np.random.default_rng(plan.seed), open_session(bank_onnx(model.bank))
    held = _standard(model, *validation.draw(session, VALIDATION_PIXELS, rng))
    learner = _learner(model, plan)
    for epoch in range(plan.epochs):
        features, classes = _standard(model, *training.draw(session, plan.pixels, rng))
        _epoch(learner, features, classes, plan, epoch, rng)
        on_epoch(epoch + 1, float(learner.loss_), log_loss(held[1], learner.predict_proba(held[0]), labels=range(CLASSES)))
        if plan.done(epoch + 1) >= 1:
            break
    return Model(model.bank, model.mean, model.spread, learner.coefs_, learner.intercepts_)


def _learner(model: Model, plan: Plan) -> MLPClassifier:
    """A learner that stands where the model stands: the first call only makes it allocate, then its weights are set."""
    hidden = [len(bias) for bias in model.biases[:-1]]
    learner = MLPClassifier(hidden, alpha=plan.weight_decay, batch_size=plan.batch_size, random_state=plan.seed)
    learner.partial_fit(np.zeros((CLASSES, len(model.mean)), np.float32), range(CLASSES), classes=range(CLASSES))
    for own, given in zip([*learner.coefs_, *learner.intercepts_], [*model.weights, *model.biases], strict=True):
        own[...] = given
    return learner


def _epoch(
    learner: MLPClassifier, features: NDArray, classes: NDArray, plan: Plan, epoch: int, rng: np.random.Generator
) -> None:
    order = rng.permutation(len(features))
    starts = range(0, len(order), plan.batch_size)
    for start in starts:
        done = plan.done(epoch + start / len(order))
        if done >= 1:
            break
        learner._optimizer.learning_rate_init = plan.learning_rate * (1 - done)
        batch = order[start : start + plan.batch_size]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            learner.partial_fit(features[batch], classes[batch])


def _standard(model: Model, features: NDArray, classes: NDArray) -> tuple[NDArray, NDArray]:
    return (features - model.mean) / model.spread, classes


def standardisation(session: Session, pixels: Pixels, seed: int) -> tuple[NDArray, NDArray]:
    """Mean and spread of the features over some pixels; a feature that never changes has spread one."""
    features, _ = pixels.draw(session, VALIDATION_PIXELS, np.random.default_rng(seed))
    spread = features.std(axis=0)
    return features.mean(axis=0), np.where(spread > 1e-6, spread, 1).astype(np.float32)
