"""The training loop."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from geoml.plugin import OnEpoch
from geoml.time_budget import TrainingBudget
from geoml.unet.augmentation import training_batch
from geoml.unet.data_parallel import DataParallel
from geoml.unet.network import CLASSES, DEPTH, UNet, pixels
from geoml.unet.samples import Batch, WindowSampler, batch

WARM_UP = 0.1
BORDER_WEIGHT, DEPTH_WEIGHT, BOX_WEIGHT = 1.5, 1.0, 1.0
SIDE = 256


@dataclass(frozen=True)
class Plan:
    """`epochs` of `steps` batches each, within `budget`, which counts steps.

    The learning rate follows the budget, so a run that reaches its time limit is annealed as well.
    """

    epochs: int
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    max_grad_norm: float
    seed: int
    budget: TrainingBudget

    def rate(self, step: int) -> float:
        """The learning rate: a linear warm-up, then cosine annealing to zero (Loshchilov and Hutter, 2017)."""
        progress = self.budget.progress(step)
        if progress < WARM_UP:
            return self.learning_rate * max(progress / WARM_UP, 0.05)
        return self.learning_rate * 0.5 * (1 + np.cos(np.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def loss_of(logits: Tensor, made: Batch) -> Tensor:
    """Returns weighted cross-entropy over three classes plus the Dice loss of building against ground, the
    cross-entropy of the depth and, where there are sides, the loss of boxes.

    `logits` are [n, outputs, side, side]. Dice loss: Milletari, Navab, Ahmadi, "V-Net" (2016).
    """
    logits = logits.float()
    likelihood, weights = logits[:, :CLASSES].log_softmax(1), torch.tensor([1.0, 1.0, BORDER_WEIGHT])
    entropy = functional.nll_loss(likelihood, made.target, weight=weights, reduction="none")
    total = (entropy * made.weight).sum() / made.weight.sum().clamp(min=1)
    seen = (made.weight > 0).float()  # a product: to choose pixels takes a tenth of a step
    building, truth = (1 - likelihood[:, 0].exp()) * seen, (made.target > 0) * seen
    dice = 1 - (2 * (building * truth).sum() + 1) / (building.sum() + truth.sum() + 1)
    depth = functional.binary_cross_entropy_with_logits(logits[:, CLASSES], made.depth, reduction="none")
    flat = total + dice + DEPTH_WEIGHT * (depth * seen).sum() / seen.sum().clamp(min=1)
    return flat + BOX_WEIGHT * box_loss(logits[:, CLASSES + DEPTH :], made) if made.sides.shape[1] else flat


def box_loss(logits: Tensor, made: Batch) -> Tensor:
    """Returns the mean -log IoU of the boxes that the pixels of buildings tell; the middle of a building counts most.

    Yu, Jiang, Wang, Cao, Huang, "UnitBox" (2016). Both boxes hold the pixel, so each side is compared by itself.
    """
    told, real = pixels(logits), made.sides
    shared = _area(torch.minimum(told, real))
    overlap = (shared + 1) / (_area(told) + _area(real) - shared + 1)
    weight = made.depth * (made.weight > 0)
    return -(overlap.log() * weight).sum() / weight.sum().clamp(min=1)


def _area(sides: Tensor) -> Tensor:
    return (sides[:, 0] + sides[:, 2]) * (sides[:, 1] + sides[:, 3])


def half_precision() -> bool:
    """Returns whether the processor has bfloat16 instructions; without them bfloat16 is slow."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def forward(network: UNet, image: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=half_precision()):
        return network(image)


def fit(network: UNet, training: WindowSampler, validation: WindowSampler, plan: Plan, on_epoch: OnEpoch) -> None:
    """Trains `network` in place; `on_epoch` may raise to stop."""
    # torch documents Module.to(memory_format=…), its types forget it.
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learning = [weights for weights in network.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=plan.learning_rate, weight_decay=plan.weight_decay)
    with DataParallel(network, min(torch.get_num_threads(), plan.batch_size)) as workers:
        draws = [np.random.default_rng((plan.seed, number)) for number in range(len(workers))]
        for epoch in range(plan.epochs):
            steps = range(epoch * plan.steps, (epoch + 1) * plan.steps)
            losses = [_step(workers, network, optimizer, training, draws, plan, s) for s in steps if not _over(plan, s)]
            val_loss = validation_loss(network, validation, plan.batch_size)
            on_epoch(epoch + 1, float(np.mean(losses)), val_loss, plan.budget.progress(steps.stop))
            if _over(plan, steps.stop):
                break


def _over(plan: Plan, step: int) -> bool:
    return plan.budget.progress(step) >= 1


def _step(
    workers: DataParallel,
    network: UNet,
    optimizer: torch.optim.Optimizer,
    training: WindowSampler,
    draws: Sequence[np.random.Generator],
    plan: Plan,
    step: int,
) -> float:
    """Each thread samples its own part of the batch with its own generator, so the batch is reproducible."""

    def loss(own: UNet, draw: np.random.Generator) -> Tensor:
        part = training_batch(training, draw, -(-plan.batch_size // len(draws)), SIDE)
        return loss_of(forward(own, part.image), part)

    for group in optimizer.param_groups:
        group["lr"] = plan.rate(step)
    total = workers.backward(loss, draws)
    torch.nn.utils.clip_grad_norm_(network.parameters(), plan.max_grad_norm)
    optimizer.step()
    return total


@torch.inference_mode()
def validation_loss(network: UNet, windows: WindowSampler, batch_size: int) -> float:
    network.eval()
    tiles = list(windows.all(SIDE))
    groups = [batch(tiles[i : i + batch_size]) for i in range(0, len(tiles), batch_size)]
    return float(np.mean([loss_of(forward(network, group.image), group).item() for group in groups]))
