"""Which chips train and which validate: always whole chips, so that no pixel is on both sides."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from geoml.georef import tile_of_name


def split_chips(names: Sequence[str], hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """The split info object: `strategy`, `val_ratio`, `seed`, counts, `description`, and both lists of names.

    Hyper-parameters read: `val_ratio`, `split_seed`, and `split_strategy`, one of
    `chip_holdout` (seeded choice), `column:<x>` (all tiles of that x), `list:<name>,<name>` (exactly these).
    ValueError when either side would be empty.
    """
    strategy = hyperparameters.get("split_strategy", "chip_holdout")
    ratio, seed = float(hyperparameters.get("val_ratio", 0.2)), int(hyperparameters.get("split_seed", 42))
    held = _held_back(sorted(names), strategy, ratio, seed)
    train = [name for name in sorted(names) if name not in held]
    if not train or not held:
        raise ValueError(f"split {strategy!r} of {len(names)} chips leaves one side empty")
    return {
        "strategy": strategy,
        "val_ratio": ratio,
        "seed": seed,
        "train_count": len(train),
        "val_count": len(held),
        "description": f"{len(held)} of {len(names)} whole chips held back for validation",
        "train_chips": train,
        "val_chips": sorted(held),
    }


def _held_back(names: list[str], strategy: str, ratio: float, seed: int) -> set[str]:
    kind, _, argument = strategy.partition(":")
    if kind == "chip_holdout":
        return set(random.Random(seed).sample(names, max(1, round(len(names) * ratio))))
    if kind == "column":
        return {name for name in names if tile_of_name(name)[0] == int(argument)}
    if kind == "list":
        return set(argument.split(",")) & set(names)
    raise ValueError(f"unknown split strategy {strategy!r}")
