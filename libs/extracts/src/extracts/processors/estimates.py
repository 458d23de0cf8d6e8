"""What a processor would give for an area, before it is run: nothing is fetched and nothing written."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from extracts.errors import NoOverlap
from extracts.estimate import RasterEstimate, VectorEstimate
from extracts.processors.base import Inputs, Part
from extracts.processors.registry import RegisteredProcessor
from extracts.processors.request import Request

SAMPLED = 12
"""Files of a processor that are looked at; the others are taken to be alike."""


@dataclass(frozen=True)
class Estimate:
    """`bytes`, `seconds`, `features` and `pixels` are of all files whose source can be read now.

    `unknown`: files whose source is not here yet. `without_overlap`: sampled files that would be refused. `statistics`
    by sampled file. `exact`: every file was looked at, and all of its features.
    """

    files: int
    unknown: int
    bytes: int
    seconds: float
    pixels: int
    features: int
    exact: bool
    without_overlap: tuple[str, ...]
    statistics: dict[str, dict[str, Any]]


def estimate(found: RegisteredProcessor, request: Request, inputs: Inputs) -> Estimate:
    parts = found.parts(request)
    here = [part for part in parts if _can_be_read(part, inputs)]
    chosen = [here[number] for number in np.unique(np.linspace(0, len(here) - 1, SAMPLED).astype(int))] if here else []
    results = {part.output: _of_part(found, part, request, inputs) for part in chosen}
    looked = {name: one for name, one in results.items() if one}
    factor = len(here) / len(chosen) if chosen else 0
    sums = {name: sum(getattr(one, name, 0) for one in looked.values()) for name in ("bytes", "pixels", "features")}
    return Estimate(
        len(parts), len(parts) - len(here), round(sums["bytes"] * factor),
        sum(one.seconds for one in looked.values()) * factor, round(sums["pixels"] * factor),
        round(sums["features"] * factor),
        len(chosen) == len(parts) and all(getattr(one, "exact", True) for one in looked.values()),
        tuple(name for name, one in results.items() if one is None),
        {name: asdict(one) for name, one in looked.items()},
    )  # fmt: skip


def _can_be_read(part: Part, inputs: Inputs) -> bool:
    if part.source is None:
        return True
    return part.source.name in inputs.files or (part.source.kind == "pg_table" and inputs.tables is not None)


def _of_part(
    found: RegisteredProcessor, part: Part, request: Request, inputs: Inputs
) -> RasterEstimate | VectorEstimate | None:
    """None where the source has nothing there."""
    try:
        return found.processor.estimate(part, request, inputs)
    except NoOverlap:
        return None
