"""Gradients of one step from several threads, each with a part of the batch.

Threads that split every single operation meet hundreds of times a step, and on a shared machine each meeting
waits for a processor. Threads that split the batch meet once.
"""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from models.unet.network import UNet
from torch import Tensor

Part = TypeVar("Part")


class Crew:
    """Use as a context manager. Replicas share the weights of `network` and have gradients of their own; batch
    statistics for prediction are those of `network` itself, that is of the first part."""

    def __init__(self, network: UNet, size: int) -> None:
        self._networks = [network, *(_replica(network) for _ in range(size - 1))]
        self._pool = ThreadPoolExecutor(size, initializer=torch.set_num_threads, initargs=(1,))

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def __len__(self) -> int:
        return len(self._networks)

    def backward(self, loss: Callable[[UNet, Part], Tensor], parts: Sequence[Part]) -> float:
        """Leaves the mean gradient of all parts on the network and gives the mean loss; parts are of equal size."""

        def work(network: UNet, part: Part) -> float:
            network.train()
            network.zero_grad(set_to_none=True)
            value = loss(network, part) / len(parts)
            value.backward()
            return value.item()

        total = sum(self._pool.map(work, self._networks, parts))
        first, *others = (network.parameters() for network in self._networks)
        for own, *theirs in zip(first, *others, strict=True):
            for other in theirs if own.requires_grad else ():
                own.grad += other.grad
        return total


def _replica(network: UNet) -> UNet:
    replica = copy.deepcopy(network)
    for own, shared in zip(replica.parameters(), network.parameters(), strict=True):
        own.data = shared.data
    return replica
