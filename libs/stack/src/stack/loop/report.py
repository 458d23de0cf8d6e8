"""The figures of the loop: `loop.json` and the table."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

GAIN = 0.05
"""Object F1 by which the second model shall be better."""


@dataclass(frozen=True)
class Trained:
    """A published model, and the dataset version that its item names."""

    item_id: str
    dataset: str
    manifest_sha256: str
    metrics: dict[str, Any]


@dataclass(frozen=True)
class Corrections:
    """What became of drafts: kept, redrawn, added, deleted; `order` are the images as they were handed out."""

    counts: dict[str, int]
    order: list[int]


@dataclass
class LoopReport:
    place: str
    model: str
    trained: list[Trained] = field(default_factory=list[Trained])
    """The first and the second model."""
    drafts: dict[str, int] = field(default_factory=dict[str, int])
    corrections: Corrections | None = None
    datasets: list[int] = field(default_factory=list[int])
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    def f1(self) -> tuple[float, float]:
        """Object F1 of both models on the validation chips."""
        first, second = (one.metrics["object_f1"] for one in self.trained)
        return first, second

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def table(self) -> Table:
        assert self.corrections
        first, second = self.trained
        before, after = self.f1()
        word = "reached" if after >= before + GAIN else "missed"
        shown = Table(title=f"{self.model} on {self.place}", title_justify="left", show_header=False)
        for name in ("object_f1", "building_iou"):
            values = f"{first.metrics[name]:.3f} → {second.metrics[name]:.3f}"
            shown.add_row(name.replace("_", " "), values)
        shown.add_row("gain of object F1", f"{after - before:+.3f} (at least {GAIN:+.2f} is {word})")
        shown.add_section()
        for name, number in {**self.drafts, **self.corrections.counts}.items():
            shown.add_row(name, str(number))
        shown.add_row("chips corrected", str(len(self.corrections.order)))
        shown.add_section()
        for trained in self.trained:
            shown.add_row(trained.item_id, f"{trained.dataset} {trained.manifest_sha256[:12]}…")
        shown.add_section()
        for name, seconds in self.seconds.items():
            shown.add_row(name, f"{seconds:.1f} s")
        return shown
