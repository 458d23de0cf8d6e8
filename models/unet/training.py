"""The training loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from models.unet.crew import Crew
from models.unet.network import UNet
from models.unet.windows import Batch, Windows, batch, training_batch
from torch import Tensor
from torch.nn import functional

from geoml.budget import Budget

WARM_UP = 0.1
BORDER_WEIGHT = 1.5
SIDE = 256
OnEpoch = Callable[[int, float, float], None]


@dataclass(frozen=True)
class Plan:
    """`epochs` of `steps` batches each, within `budget`. The learning rate follows the budget, so a run that meets
    its time limit has been annealed all the same."""

    epochs: int
    steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    max_grad_norm: float
    seed: int
    budget: Budget

    def rate(self, step: int) -> float:
        """One cycle: linear up for WARM_UP of the way, then a cosine down to nothing."""
        done = self.budget.done(step)
        if done < WARM_UP:
            return self.learning_rate * max(done / WARM_UP, 0.05)
        return self.learning_rate * 0.5 * (1 + np.cos(np.pi * (done - WARM_UP) / (1 - WARM_UP)))


def loss_of(logits: Tensor, made: Batch) -> Tensor:
    """Weighted cross-entropy over three classes plus the dice loss of building against ground."""
    logits = logits.float()
    classes = torch.tensor([1.0, 1.0, BORDER_WEIGHT])
    entropy = functional.cross_entropy(logits, made.target, weight=classes, reduction="none")
    total = (entropy * made.weight).sum() / made.weight.sum().clamp(min=1)
    seen = made.weight > 0
    building = (1 - logits.softmax(1)[:, 0])[seen]
    truth = (made.target > 0)[seen].float()
    dice = 1 - (2 * (building * truth).sum() + 1) / (building.sum() + truth.sum() + 1)
    return total + dice


def half_precision() -> bool:
    """bfloat16 is quick only where the processor has instructions for it."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def forward(network: UNet, image: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=half_precision()):
        return network(image)


def train(network: UNet, training: Windows, validation: Windows, plan: Plan, on_epoch: OnEpoch) -> None:
    """Changes `network` in place; `on_epoch(number, training loss, validation loss)` may raise to stop."""
    network.to(memory_format=torch.channels_last)
    learning = [weights for weights in network.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=plan.learning_rate, weight_decay=plan.weight_decay)
    with Crew(network, min(torch.get_num_threads(), plan.batch_size)) as crew:
        draws = [np.random.default_rng((plan.seed, number)) for number in range(len(crew))]
        for epoch in range(plan.epochs):
            steps = range(epoch * plan.steps, (epoch + 1) * plan.steps)
            losses = [_step(crew, network, optimizer, training, draws, plan, s) for s in steps if not _over(plan, s)]
            on_epoch(epoch + 1, float(np.mean(losses)), validation_loss(network, validation, plan.batch_size))
            if _over(plan, steps.stop):
                break


def _over(plan: Plan, step: int) -> bool:
    return plan.budget.done(step) >= 1


def _step(
    crew: Crew,
    network: UNet,
    optimizer: torch.optim.Optimizer,
    training: Windows,
    draws: Sequence[np.random.Generator],
    plan: Plan,
    step: int,
) -> float:
    """Every thread draws its own part of the batch; the part is the same whatever the others do."""

    def loss(own: UNet, draw: np.random.Generator) -> Tensor:
        made = training_batch(training, draw, -(-plan.batch_size // len(draws)), SIDE)
        return loss_of(forward(own, made.image), made)

    for group in optimizer.param_groups:
        group["lr"] = plan.rate(step)
    total = crew.backward(loss, draws)
    torch.nn.utils.clip_grad_norm_(network.parameters(), plan.max_grad_norm)
    optimizer.step()
    return total


@torch.inference_mode()
def validation_loss(network: UNet, windows: Windows, batch_size: int) -> float:
    network.eval()
    tiles = list(windows.whole(SIDE))
    groups = [batch(tiles[i : i + batch_size]) for i in range(0, len(tiles), batch_size)]
    return float(np.mean([loss_of(forward(network, group.image), group).item() for group in groups]))
