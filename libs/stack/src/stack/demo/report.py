"""The results of the demo: `report.json` and the table."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.table import Table


@dataclass
class Report:
    place: str
    model: str
    chips: int = 0
    labels: int = 0
    features: int = 0
    tiles: int = 0
    pmtiles_tiles: int = 0
    notifications: int = 0
    mails: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    """what the base model promises, by name, on the held-back column"""
    ids: dict[str, int | str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    def table(self) -> Table:
        shown = Table(title=f"{self.model} on {self.place}", title_justify="left", show_header=False)
        for name, value in self.metrics.items():
            shown.add_row(name, f"{value:.3f}")
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
