"""The results of the demo: `report.json` and the table."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.table import Table


@dataclass
class Report:
    place: str
    model: str
    building_iou: float = 0.0
    """on the held-back column"""
    mean_iou: float = 0.0
    object_f1: float = 0.0
    chips: int = 0
    labels: int = 0
    features: int = 0
    tiles: int = 0
    pmtiles_tiles: int = 0
    notifications: int = 0
    mails: int = 0
    ids: dict[str, int | str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def table(self) -> Table:
        shown = Table(title=f"{self.model} on {self.place}", title_justify="left", show_header=False)
        for name in ("building_iou", "mean_iou", "object_f1"):
            shown.add_row(name.replace("_", " "), f"{getattr(self, name):.3f}")
        for name in ("chips", "labels", "tiles", "features", "pmtiles_tiles", "notifications", "mails"):
            shown.add_row(name.replace("_", " "), str(getattr(self, name)))
        for group in (self.ids, self.addresses):
            shown.add_section()
            for name, value in group.items():
                shown.add_row(name, str(value))
        shown.add_section()
        for name, seconds in self.seconds.items():
            shown.add_row(name, f"{seconds:.1f} s")
        return shown
