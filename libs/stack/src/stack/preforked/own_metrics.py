"""A room shows its own metrics and those of the libraries, not those of the rooms that the parent has imported too."""

import sys
from collections.abc import Callable, Sequence

from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

Metrics = dict[int, MetricWrapperBase]
"""By identity."""


def metrics_of(rooms: Sequence[str]) -> dict[str, Metrics]:
    """Of each room, those that no library defines. For the parent: whoever looks at every name writes into all memory,
    which is then shared no longer."""
    libraries = _metrics(lambda package: package not in rooms)
    own = {room: _metrics(lambda package, room=room: package == room) for room in rooms}
    return {room: {key: own[room][key] for key in own[room].keys() - libraries.keys()} for room in rooms}


def _metrics(wanted: Callable[[str], bool]) -> Metrics:
    modules = [module for name, module in list(sys.modules.items()) if module and wanted(name.partition(".")[0])]
    values = (value for module in modules for value in list(vars(module).values()))
    return {id(value): value for value in values if isinstance(value, MetricWrapperBase)}


def forget_all_but(room: str, metrics: dict[str, Metrics]) -> None:
    for other in metrics.keys() - {room}:
        for metric in metrics[other].values():
            REGISTRY.unregister(metric)
