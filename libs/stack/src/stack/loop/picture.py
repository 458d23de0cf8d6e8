"""The picture of the loop: the first chips that were corrected, with drafts, corrections, and both models' scores."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import PolyCollection
from PIL import Image

from stack.loop.loop import Loop

SHOWN = 3
"""Chips."""
DRAFT, CORRECTED = "#ff5a36", "#35e0ff"


def draw(loop: Loop, before: float, after: float, path: Path) -> None:
    """Draws the chips that the party got first, which are those of which the first model was least sure."""
    assert loop.corrections is not None
    figure, axes = plt.subplots(1, SHOWN + 1, figsize=(19, 5.4), layout="constrained")
    drafts, objects = loop.drafts_of_images(), loop.objects_of_images()
    for number, (one, image_id) in enumerate(zip(axes[:SHOWN], loop.corrections.order, strict=False), 1):
        _chip(one, loop.folder / loop.ids[image_id].name, drafts.get(image_id, []), objects.get(image_id, []))
        one.set_title(f"handed out as number {number}")
    axes[0].plot([], [], color=DRAFT, label="draft of the first model")
    axes[0].plot([], [], color=CORRECTED, label="as submitted")
    axes[0].legend(loc="lower left", fontsize=8)
    names = f"{len(loop.chips.few)} chips", f"and {len(loop.chips.to_correct)} corrected"
    _scores(axes[-1], dict(zip(names, (before, after), strict=True)))
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _chip(axes: Any, file: Path, draft: list[Any], objects: list[Any]) -> None:
    with Image.open(file) as picture:
        axes.imshow(np.asarray(picture.convert("RGB")))
        axes.set_xlim(0, picture.width)
        axes.set_ylim(picture.height, 0)
    for shapes, colour, width in ((draft, DRAFT, 2.2), (objects, CORRECTED, 1.2)):
        rings = [np.asarray(part[0]) for one in shapes for part in one["geometry"]["coordinates"]]
        axes.add_collection(PolyCollection(rings, facecolors="none", edgecolors=colour, linewidths=width))
    axes.set_axis_off()


def _scores(axes: Any, scores: dict[str, float]) -> None:
    bars = axes.bar(list(scores), list(scores.values()), color=["#9aa4ad", "#2f9e62"])
    axes.bar_label(bars, fmt="%.3f")
    axes.set_ylim(0, 1)
    axes.set_title("object F1 on the same unseen chips")
