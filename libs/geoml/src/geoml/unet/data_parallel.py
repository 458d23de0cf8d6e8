"""Data parallelism over threads: each computes the gradients of a part of the batch.

Threads that split every operation synchronise hundreds of times per step, and on a shared machine each time waits
for a processor. Threads that split the batch synchronise once.
"""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

from geoml.unet.network import UNet

Part = TypeVar("Part")


class DataParallel:
    """A context manager. Replicas share the weights of `network` but not its gradients.

    The running statistics of batch normalisation are those of `network` itself, that is, of the first part.
    """

    def __init__(self, network: UNet, size: int) -> None:
        self._networks = [network, *(_replica(network) for _ in range(size - 1))]
        self._pool = ThreadPoolExecutor(size, initializer=torch.set_num_threads, initargs=(1,))

    def __enter__(self) -> "DataParallel":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def __len__(self) -> int:
        return len(self._networks)

    def backward(self, loss: Callable[[UNet, Part], Tensor], parts: Sequence[Part]) -> float:
        """Sets the mean gradient of all parts on the network and returns the mean loss. Parts have equal size."""

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
