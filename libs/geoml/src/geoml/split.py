"""Which chips train and which validate: always whole chips, so that no pixel is on both sides."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

MIN_CHIPS = 2
"""A training needs one chip to learn from and one to check the model on."""


def split_chips(
    names: Sequence[str], hyperparameters: Mapping[str, Any], stored: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Returns the split info: `strategy`, `val_ratio`, `seed`, both counts, `description`, `train_chips`, `val_chips`.

    Reads the hyper-parameters `val_ratio` (0…1), `split_seed` and `split_strategy`, which is one of `chip_holdout` (the
    sides that the dataset stores, else a seeded choice), `column:<x>` (all tiles of that x), `list:<name>,<name>`
    (exactly these). `stored` maps names to `train`, `val` and `test`; chips of the test side are on neither.
    Raises ValueError when either side would be empty, or for an unknown strategy.
    """
    if problem := split_error(len(names), hyperparameters):
        raise ValueError(problem)
    strategy, ratio = _strategy(hyperparameters), _ratio(hyperparameters)
    seed = int(hyperparameters.get("split_seed", 42))
    if stored and strategy == "chip_holdout":
        strategy, held = "stored", _of_side("val", names, stored) or _of_side("test", names, stored)
        train = sorted(_of_side("train", names, stored))
    else:
        held = _validation_names(sorted(names), strategy, ratio, seed)
        train = [name for name in sorted(names) if name not in held]
    if not train or not held:
        side = "to learn from" if not train else "to check the model on"
        raise ValueError(f"The split {strategy!r} of {len(names)} chips leaves none {side}.")
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


def split_error(chips: int, hyperparameters: Mapping[str, Any]) -> str:
    """Returns why this number of chips cannot be split, as a sentence for a mapper; empty when it can.

    Only the number is checked: whether a `column` or `list` split leaves chips on both sides depends on their names.
    """
    held = holdout_count(chips, _ratio(hyperparameters)) if _strategy(hyperparameters) == "chip_holdout" else 1
    if chips >= MIN_CHIPS and held < chips:
        return ""
    has = "has 1 chip" if chips == 1 else f"has {chips} chips"
    if chips >= MIN_CHIPS:
        return f"The dataset {has}, and all of them would be held back to check the model: lower val_ratio."
    return (
        f"The dataset {has}; a training needs at least {MIN_CHIPS}, one to learn from and one to check the model on. "
        "Draw a larger area and build the dataset again."
    )


def holdout_count(chips: int, ratio: float) -> int:
    """Returns the number of validation chips of `chip_holdout`: the ratio of all chips, at least one."""
    return min(chips, max(1, round(chips * ratio)))


def _of_side(side: str, names: Sequence[str], stored: Mapping[str, str]) -> set[str]:
    return {name for name in names if stored.get(name) == side}


def _strategy(hyperparameters: Mapping[str, Any]) -> str:
    return str(hyperparameters.get("split_strategy", "chip_holdout"))


def _ratio(hyperparameters: Mapping[str, Any]) -> float:
    return float(hyperparameters.get("val_ratio", 0.2))


def _validation_names(names: list[str], strategy: str, ratio: float, seed: int) -> set[str]:
    kind, _, argument = strategy.partition(":")
    if kind == "chip_holdout":
        return set(random.Random(seed).sample(names, holdout_count(len(names), ratio)))
    if kind == "column":
        from geoml.georef import tile_of_name  # imports rasterio, which callers of `split_error` do not need

        return {name for name in names if tile_of_name(name)[0] == int(argument)}
    if kind == "list":
        return set(argument.split(",")) & set(names)
    raise ValueError(f"unknown split strategy {strategy!r}")
